import { Injectable } from '@nestjs/common';
import { OnEvent, Project } from 'nestjs-lightbus';
import { BookingCancelled, BookingPlaced } from './booking.js';

@Injectable()
export class BookingList {
  readonly open = new Map<string, BookingPlaced>();

  @Project(BookingPlaced) placed(event: BookingPlaced) {
    this.open.set(event.bookingId, event);
  }
  @Project(BookingCancelled) cancelled({ bookingId }: BookingCancelled) {
    this.open.delete(bookingId);
  }
}

@Injectable()
export class Mailer {
  @OnEvent(BookingPlaced, { listenerName: 'confirm', onError: 'dead_letter', maxAttempts: 2 })
  async confirm({ guest }: BookingPlaced) {
    const { status } = await fetch(process.env.MAIL_URL!, { method: 'POST', body: guest });
    if (status !== 200) throw new Error(`The mail server answered ${status}`);
  }
}
