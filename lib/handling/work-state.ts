import type { Delivery } from '../reading/delivery.js';
import { clock } from '../timing/clock.js';
import { describeWithPlace } from './describe-error.js';
import { eventNameOf } from './describe-delivery.js';

/** An event that a listener is handling. */
export interface HandledNow {
  readonly stream: string;
  /** Entry id. */
  readonly nativeId: string;
  /** Canonical name, `<api>.<event>`; absent where the entry is no event. */
  readonly eventName?: string;
  /** When this attempt began. */
  readonly since: Date;
}

/** Why a listener does not get on. */
export interface Failing {
  /** Since when: of an event, when its first attempt failed, in an earlier process perhaps. */
  readonly since: Date;
  /** Attempts so far; those of earlier processes included, where it is an event that fails. */
  readonly attempt: number;
  /** What the latest attempt failed with, and of a handler's error where it was thrown. */
  readonly error: string;
  /** When the next one is made; `null` where none is planned. */
  readonly nextTryAt: Date | null;
  /** The event that fails; absent where it is the reading that does. */
  readonly event?: Omit<HandledNow, 'since'>;
}

/** What one listener has in hand just now, and how that fares. What is cheap is noted, what is not is made when it is asked for. */
export class WorkState {
  private delivery?: Delivery;
  private begunAt = 0;
  private failure?: Omit<Failing, 'event'>;
  private waits = false;

  /** An attempt begins. */
  begin(delivery: Delivery): void {
    this.delivery = delivery;
    this.begunAt = clock.now();
    this.waits = false;
  }

  /**
   * The attempt has failed, and is followed by another one.
   *
   * @param failingMs how long ago the first one failed, ms.
   * @param nextInMs when the next one is made, ms; `null`: never, in this process.
   */
  failed(
    {
      attempt,
      error,
      failingMs,
    }: { readonly attempt: number; readonly error: unknown; readonly failingMs: number },
    nextInMs: number | null,
  ): void {
    const now = new Date().getTime();
    this.waits = true;
    this.failure = {
      since: new Date(now - failingMs),
      ...{ attempt, error: describeWithPlace(error) },
      nextTryAt: nextInMs === null ? null : new Date(now + nextInMs),
    };
  }

  /** Nothing is in hand any more. */
  end(): void {
    this.delivery = undefined;
    this.failure = undefined;
  }

  /** What is being handled; `null` for nothing, and where the next attempt is waited for. */
  get handling(): HandledNow | null {
    if (!this.delivery || this.waits) return null;
    return { ...placeOf(this.delivery), since: new Date(new Date().getTime() - this.handlingMs) };
  }

  /** For how long the handler has been at it, ms; 0 where none is. */
  get handlingMs(): number {
    return this.delivery && !this.waits ? clock.now() - this.begunAt : 0;
  }

  /** The event that fails and is tried again; `null` for none. */
  get failing(): Failing | null {
    const { failure, delivery } = this;
    return failure && delivery ? { ...failure, event: placeOf(delivery) } : null;
  }
}

function placeOf(delivery: Delivery): Omit<HandledNow, 'since'> {
  const { stream, nativeId } = delivery;
  const eventName = eventNameOf(delivery);
  return { stream, nativeId, ...(eventName !== undefined && { eventName }) };
}
