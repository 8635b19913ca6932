import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { IsBoolean } from 'class-validator';
import { EventBus, Projections } from 'nestjs-lightbus';
import { MailOutageSwitched, type MailSent } from './mail.events.js';
import { MailOutage } from './mail-outage.js';
import { Mailbox } from './mailbox.js';

class SwitchOutageDto {
  @IsBoolean()
  on!: boolean;
}

@Controller('mail')
export class MailController {
  constructor(
    private readonly bus: EventBus,
    private readonly projections: Projections,
    private readonly mailbox: Mailbox,
  ) {}

  @Get()
  list(): readonly MailSent[] {
    return this.mailbox.all();
  }

  @Post('outage')
  @HttpCode(200)
  async switchOutage(@Body() { on }: SwitchOutageDto): Promise<SwitchOutageDto> {
    const message = await this.bus.fire(MailOutageSwitched, { on });
    await this.projections.waitFor(MailOutage, message);
    return { on };
  }
}
