import { Type } from 'class-transformer';
import { IsBoolean, IsDate, IsEmail, IsNotEmpty, IsString } from 'class-validator';
import { Event } from 'nestjs-lightbus';

@Event('store.mail.sent', { key: 'orderId' })
export class MailSent {
  @IsString()
  @IsNotEmpty()
  orderId!: string;

  @IsEmail()
  to!: string;

  @IsString()
  subject!: string;

  @IsDate()
  @Type(() => Date)
  sentAt!: Date;
}

/** Somebody pretends that the mail server is away, or that it is back. */
@Event('store.mail.outage_switched')
export class MailOutageSwitched {
  @IsBoolean()
  on!: boolean;
}
