import { Module } from '@nestjs/common';
import { LightbusModule } from 'nestjs-lightbus';
import { BookingsController } from './bookings.controller.js';
import { BookingCancelled, BookingPlaced } from './booking.js';
import { BookingList, Mailer } from './providers.js';

@Module({
  imports: [
    LightbusModule.forRoot({ config: 'lightbus.yaml', serviceName: 'hotel' }),
    LightbusModule.forFeature([BookingPlaced, BookingCancelled]),
  ],
  controllers: [BookingsController],
  providers: [BookingList, Mailer],
})
export class AppModule {}
