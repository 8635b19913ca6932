import { Injectable } from '@nestjs/common';
import { Project } from 'nestjs-lightbus';
import { MailSent } from './mail.events.js';

/** All mail that was sent. */
@Injectable()
export class Mailbox {
  private readonly mails: MailSent[] = [];

  @Project(MailSent)
  sent(mail: MailSent): void {
    this.mails.push(mail);
  }

  /** Oldest first. */
  all(): readonly MailSent[] {
    return this.mails;
  }
}
