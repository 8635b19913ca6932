import { Readable } from 'node:stream';
import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { Aggregates, EventBus, Listeners, Projections } from 'nestjs-lightbus';
import { Booking, BookingPlaced } from './booking.js';
import { BookingList } from './providers.js';

@Controller('bookings')
export class BookingsController {
  constructor(
    private readonly aggregates: Aggregates,
    private readonly bus: EventBus,
    private readonly list: BookingList,
    private readonly listeners: Listeners,
    private readonly projections: Projections,
  ) {}

  @Post() place(@Body() event: BookingPlaced) {
    return this.change(event.bookingId, (booking) => booking.place(event));
  }
  @Delete(':id') cancel(@Param('id') id: string, @Body('reason') reason: string) {
    return this.change(id, (booking) => booking.cancel(reason));
  }
  @Get() all() {
    return [...this.list.open.values()];
  }
  @Get(':id/history') history(@Param('id') key: string) {
    return Readable.from(this.bus.history('hotel.bookings.*', { key })).toArray();
  }
  @Get('unsent-mails') unsent() {
    return Readable.from(this.listeners.deadLetters('confirm')).toArray();
  }
  @Post('unsent-mails/redrive') redrive() {
    return this.listeners.redrive('confirm');
  }

  private async change(id: string, decide: (booking: Booking) => object) {
    const { state, messages } = await this.aggregates.change(Booking, id, decide);
    await this.projections.waitFor(BookingList, messages);
    return state;
  }
}
