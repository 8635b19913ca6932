import { Injectable } from '@nestjs/common';
import { UnknownListenerError } from '../errors.js';
import { readDeadLetters, redriveDeadLetters } from './dead-letters.js';
import type { StreamSource } from '../reading/subscription.js';
import type { StoredDeadLetter } from '../store/event-store.js';
import type { ListenerConsumer, ListenerState } from '../lifecycle/listener-consumer.js';
import { Supervisor } from '../lifecycle/supervisor.js';

/** An event that was given up, with its original fields. */
export interface DeadLetter {
  /** Entry id of the dead letter: what `redrive` and `discard` take. */
  readonly id: string;
  /** Stream and id of the original entry, which stays where it is. */
  readonly stream: string;
  readonly nativeId: string;
  /** `failed`, `invalid`, `malformed` or `deleted`. */
  readonly reason: string;
  /** The error, in words. */
  readonly message: string;
  /** Stack of the handler's last error. */
  readonly stack?: string;
  /** How often the handler was tried. */
  readonly attempts: number;
  readonly listener: string;
  readonly consumer: string;
  /** When it was given up. */
  readonly time: Date;
  /** The original entry's fields, flat; `null` where its data was gone. */
  readonly fields: readonly string[] | null;
}

/** Looks into and operates the listeners of this process. Injectable. */
@Injectable()
export class Listeners {
  constructor(private readonly supervisor: Supervisor) {}

  /** Every listener of this process; empty for one that only fires. */
  list(): ListenerState[] {
    return this.supervisor.consumers.map((consumer) => consumer.state());
  }

  /** A listener's dead letters, oldest first. @throws UnknownListenerError, TransportError */
  async deadLetters(name: string): Promise<DeadLetter[]> {
    const found = await Promise.all((await this.sourcesOf(name)).map(readDeadLetters));
    return found.flat().map(toDeadLetter);
  }

  /**
   * Hands dead letters to the listener again, in the order of the original entries, before any newer
   * event. A letter is gone once it is driven again; doing it twice changes nothing.
   *
   * @param ids of dead letters. @default all
   * @returns how many were driven again. One whose original has been deleted from the stream stays.
   */
  async redrive(name: string, ids?: readonly string[]): Promise<number> {
    let driven = 0;
    for (const source of await this.sourcesOf(name)) {
      driven += await redriveDeadLetters(source, ids);
    }
    this.consumersOf(name).forEach((consumer) => consumer.claimSoon());
    return driven;
  }

  /** Removes dead letters for good. The original entries stay. @returns how many there were. */
  async discard(name: string, ids: readonly string[]): Promise<number> {
    let discarded = 0;
    for (const { store, ref } of await this.sourcesOf(name)) {
      discarded += await store.discard(ref, ids);
    }
    return discarded;
  }

  private async sourcesOf(name: string): Promise<StreamSource[]> {
    const sources = this.consumersOf(name).map((consumer) => consumer.sources(true));
    return (await Promise.all(sources)).flat();
  }

  private consumersOf(name: string): ListenerConsumer[] {
    const consumers = this.supervisor.consumers;
    const found = consumers.filter(({ listener }) => listener.name === name);
    if (found.length > 0) return found;
    const names = consumers.map(({ listener }) => listener.name).join(', ');
    throw new UnknownListenerError(
      `This process has no listener named '${name}'. It has: ${names || 'none'}.`,
    );
  }
}

/** A stored dead letter as users see it. */
export function toDeadLetter({ id, report, fields }: StoredDeadLetter): DeadLetter {
  const { stream, nativeId, reason, message, stack, attempts, listener, consumer, time } = report;
  return {
    ...{ id, stream, nativeId, reason, message, stack, attempts, listener, consumer, fields },
    time: new Date(time),
  };
}
