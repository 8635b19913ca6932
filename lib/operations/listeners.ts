import { Injectable } from '@nestjs/common';
import { UnknownListenerError } from '../errors.js';
import type { ListenerConsumer, ListenerState } from '../lifecycle/listener-consumer.js';
import { Supervisor } from '../lifecycle/supervisor.js';
import { LightbusLogger } from '../logger.js';
import { printable } from '../wire/printable.js';
import type { DeadLetter } from './dead-letter.js';
import {
  readDeadLetters,
  type DeadLettersOptions,
  type DeadLetterSource,
} from './read-dead-letters.js';
import { discardDeadLetters, redriveDeadLetters } from './redrive-dead-letters.js';

/** Looks into and operates the listeners of this process. Injectable. */
@Injectable()
export class Listeners {
  private readonly warn = (message: string) => this.logger.warn(message);

  constructor(
    private readonly supervisor: Supervisor,
    private readonly logger: LightbusLogger,
  ) {}

  /** Every listener of this process; empty for one that only fires. */
  list(): ListenerState[] {
    return this.supervisor.consumers.map((consumer) => consumer.state());
  }

  /**
   * Listeners of this process in which nothing has moved for longer than that: a handler has not returned, or a store
   * has neither answered nor failed. One that has nothing to do, or waits to try again, is not among them.
   *
   * @param ms
   * @returns a line for each, in words.
   */
  standingStill(ms: number): string[] {
    return this.supervisor.consumers
      .filter(({ standstillMs }) => standstillMs > ms)
      .map((consumer) => {
        const { name, handling } = consumer.state();
        const at = handling ? ` at ${handling.eventName ?? 'entry'} ${handling.nativeId}` : '';
        return `listener '${name}' has not moved for ${Math.floor(consumer.standstillMs / 1000)} s${at}`;
      });
  }

  /**
   * A listener's dead letters, in the order in which they were given up. They are fetched page by page
   * as they are asked for: memory stays flat however many there are. What others have put on a
   * dead-letter stream is among them, with `reason: 'foreign'`, and told in the log.
   *
   * @throws UnknownListenerError, InvalidOptionsError at once; TransportError while iterating.
   */
  deadLetters(name: string, options: DeadLettersOptions = {}): AsyncIterable<DeadLetter> {
    const consumers = this.consumersOf(name);
    return readDeadLetters(() => sourcesOf(consumers), options, this.warn);
  }

  /**
   * Hands dead letters to the listener again, in the order of the original entries, before any newer
   * event. A letter is gone once it is driven again; doing it twice changes nothing.
   *
   * @param ids of dead letters. @default all
   * @returns how many were driven again. One whose original has been deleted from the stream stays; what
   *   others have put there is left alone, with a warning in the log.
   * @throws UnknownListenerError, InvalidOptionsError, TransportError
   */
  async redrive(name: string, ids?: readonly string[]): Promise<number> {
    const consumers = this.consumersOf(name);
    const redriven = await redriveDeadLetters(await sourcesOf(consumers), ids, this.warn);
    consumers.forEach((consumer) => consumer.claimSoon());
    return redriven;
  }

  /**
   * Removes dead letters for good. The original entries stay.
   *
   * @returns how many there were.
   * @throws UnknownListenerError, InvalidOptionsError, TransportError
   */
  async discard(name: string, ids: readonly string[]): Promise<number> {
    return discardDeadLetters(await sourcesOf(this.consumersOf(name)), ids);
  }

  private consumersOf(name: string): ListenerConsumer[] {
    const consumers = this.supervisor.consumers;
    const found = consumers.filter(({ listener }) => listener.name === name);
    if (found.length > 0) return found;
    const names = consumers.map(({ listener }) => listener.name).join(', ');
    throw new UnknownListenerError(
      `This process has no listener named '${printable(name)}'. It has: ${names || 'none'}.`,
    );
  }
}

async function sourcesOf(consumers: readonly ListenerConsumer[]): Promise<DeadLetterSource[]> {
  return (await Promise.all(consumers.map((consumer) => consumer.sources(true)))).flat();
}
