import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Aggregates } from 'nestjs-lightbus';
import { EventRecorder, overrideLightbus } from 'nestjs-lightbus/testing';
import { AppModule } from './app.module.js';
import { Booking, BookingCancelled, BookingPlaced } from './booking.js';
import { BookingsController } from './bookings.controller.js';
import { Mailer } from './providers.js';

const booking = (bookingId: string, from: string) =>
  Object.assign(new BookingPlaced(), {
    ...{ bookingId, guest: 'Ada', room: 3 },
    ...{ from: new Date(from), to: new Date('3000-01-09') },
  });

/** As a user of the bookings service would test it. */
describe('the bookings service, with the testing kit', () => {
  let module: TestingModule;
  let recorder: EventRecorder;
  let bookings: BookingsController;

  beforeEach(async () => {
    module = await overrideLightbus(Test.createTestingModule({ imports: [AppModule] }))
      .overrideProvider(Mailer)
      .useValue({})
      .compile();
    await module.init();
    recorder = module.get(EventRecorder);
    bookings = module.get(BookingsController);
  });
  afterEach(() => module.close());

  it('cancels a booking once', async () => {
    await recorder.given([booking('b1', '3000-01-01')]);
    const expected = { bookingId: 'b1', reason: 'ill' };
    await module.get(Aggregates).change(Booking, 'b1', (state) => state.cancel('ill'));
    recorder.assertFired(BookingCancelled, { times: 1, payload: expected });
    await expect(bookings.cancel('b1', 'ill')).rejects.toThrow('It is cancelled already');
  });

  it('cancels none that has begun', async () => {
    await recorder.given([booking('b1', '2020-01-01')]);
    await expect(bookings.cancel('b1', 'ill')).rejects.toThrow('It has begun');
    recorder.assertNotFired();
  });

  it('lists what is not cancelled', async () => {
    await recorder.given([booking('b1', '3000-01-01'), booking('b2', '3000-01-02')]);
    expect(bookings.all()).toMatchObject([{ bookingId: 'b1' }, { bookingId: 'b2' }]);
    await bookings.cancel('b1', 'ill');
    expect(bookings.all()).toMatchObject([{ bookingId: 'b2' }]);
    expect(await bookings.history('b1')).toMatchObject([{ sequence: 1 }, { sequence: 2 }]);
  });
});
