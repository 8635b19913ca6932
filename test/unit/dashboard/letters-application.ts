import { Injectable } from '@nestjs/common';
import { IsOptional, IsString } from 'class-validator';
import { Event, Listeners, OnEvent } from 'nestjs-lightbus';
import { Browser } from './browser.js';
import {
  startDashboard,
  type DashboardApplication,
  type Platform,
} from './dashboard-application.js';
import type { DashboardParts } from './dashboard-application.js';

@Event('shop.charged')
export class Charged {
  @IsString() email!: string;
  @IsOptional() @IsString() note?: string;
}

/** A listener that gives up what it is told to. */
@Injectable()
export class Charging {
  broken = true;
  readonly handled: string[] = [];

  @OnEvent(Charged, { listenerName: 'charge', onError: 'dead_letter', maxAttempts: 1 })
  charge({ email, note }: Charged): void {
    if (this.broken) throw new Error(note ?? 'the card was refused');
    this.handled.push(email);
  }
}

/** An application with dead letters. */
export interface LettersApplication extends DashboardApplication {
  readonly charging: Charging;
  readonly browser: Browser;
  /** Its dead letters now, oldest first. */
  letters(): Promise<string[]>;
}

/** The consumer group of {@link Charging}, and its stream. */
export const GROUP = 'store-charge';
export const STREAM = 'shop.*:stream';

/** Starts one with a dead letter for each of these. */
export async function startWithLetters(
  platform: Platform,
  events: readonly Charged[],
  parts: DashboardParts = {},
): Promise<LettersApplication> {
  const application = await startDashboard(platform, {
    options: { actions: true },
    ...parts,
    events: [Charged],
    providers: [Charging, ...(parts.providers ?? [])],
  });
  for (const event of events) await application.bus.fire(Charged, event);
  await application.whenHandled();
  const listeners = application.app.get(Listeners);
  return {
    ...application,
    charging: application.app.get(Charging),
    browser: new Browser(application.url),
    async letters() {
      const ids: string[] = [];
      for await (const { id } of listeners.deadLetters('charge')) ids.push(id);
      return ids;
    },
  };
}
