import { Module } from '@nestjs/common';
import { LightbusModule } from 'nestjs-lightbus';
import { MailController } from './mail.controller.js';
import { MailOutageSwitched, MailSent } from './mail.events.js';
import { MailOutage } from './mail-outage.js';
import { Mailbox } from './mailbox.js';
import { Mailer } from './mailer.js';

@Module({
  imports: [LightbusModule.forFeature([MailSent, MailOutageSwitched])],
  controllers: [MailController],
  providers: [Mailer, MailOutage, Mailbox],
})
export class MailModule {}
