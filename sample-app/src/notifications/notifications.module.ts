import { Module } from '@nestjs/common';
import { NotificationsListener } from './notifications.listener.js';

/** Listens only, so it registers no events. It could be deployed as a service of its own. */
@Module({ providers: [NotificationsListener] })
export class NotificationsModule {}
