import { BadRequestException, ConflictException, NotFoundException } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsDate, IsInt, IsString, Min } from 'class-validator';
import { Aggregate, Apply, Event, type EventPayload } from 'nestjs-lightbus';

@Event('hotel.bookings.placed', {
  key: 'bookingId',
  version: 2,
  upcasters: {
    1: ({ arrival, nights, ...rest }: { arrival: string; nights: number }) => ({
      ...rest,
      from: arrival,
      to: new Date(Date.parse(arrival) + nights * 86_400_000),
    }),
  },
})
export class BookingPlaced {
  @IsString() bookingId!: string;
  @IsString() guest!: string;
  @IsInt() @Min(1) room!: number;
  // Dates of JSON, for the ValidationPipe.
  @Type(() => Date) @IsDate() from!: Date;
  @Type(() => Date) @IsDate() to!: Date;
}

@Event('hotel.bookings.cancelled', { key: 'bookingId' })
export class BookingCancelled {
  @IsString() bookingId!: string;
  @IsString() reason!: string;

  constructor(event: EventPayload<BookingCancelled>) {
    Object.assign(this, event);
  }
}

@Aggregate({ events: [BookingPlaced, BookingCancelled] })
export class Booking {
  placed?: BookingPlaced;
  isCancelled = false;

  @Apply(BookingPlaced) onPlaced(event: BookingPlaced) {
    this.placed = event;
  }
  @Apply(BookingCancelled) onCancelled() {
    this.isCancelled = true;
  }
  place(event: BookingPlaced) {
    if (this.placed) throw new ConflictException('There is such a booking');
    if (event.to <= event.from) throw new BadRequestException('It ends before it begins');
    return event;
  }
  cancel(reason: string) {
    if (!this.placed) throw new NotFoundException('There is no such booking');
    if (this.isCancelled) throw new ConflictException('It is cancelled already');
    if (this.placed.from <= new Date()) throw new ConflictException('It has begun');
    return new BookingCancelled({ bookingId: this.placed.bookingId, reason });
  }
}
