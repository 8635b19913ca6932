import { Injectable } from '@nestjs/common';
import { Project } from 'nestjs-lightbus';
import { MailOutageSwitched } from './mail.events.js';

/** Whether the mail server is away. It is switched in one process and asked for in another, so it is an event. */
@Injectable()
export class MailOutage {
  on = false;

  @Project(MailOutageSwitched)
  switched({ on }: MailOutageSwitched): void {
    this.on = on;
  }
}
