import { setTimeout as delay } from 'node:timers/promises';
import { Redis, SentinelConnector, type Command, type RedisOptions } from 'ioredis';
import {
  clientOptions,
  renew,
  type ConnectionBehaviour,
  type RedisPlace,
} from './client-options.js';
import { Outgoing } from './outgoing.js';

/** How long a function that gives parameters may take, ms. */
const ANSWER_MS = 10_000;

/**
 * ioredis, which asks for user, password and all the rest before each attempt to connect, where a
 * function gives them. One that fails is a failed attempt.
 */
export class RenewingClient extends Redis {
  private readonly ending = new AbortController();
  private attempt?: Promise<void>;
  /** Through which all leaves that is sent on a connection that is ready. */
  readonly outgoing = new Outgoing({ redis: this });

  /** @param failed is told why there are no parameters. @returns ms until they are asked for again. */
  constructor(
    private readonly place: RedisPlace,
    behaviour: ConnectionBehaviour,
    private readonly failed: (error: Error) => number,
  ) {
    super(clientOptions(place, behaviour));
  }

  override connect(): Promise<void> {
    if (typeof this.place.connectionParameters !== 'function') return super.connect();
    // ioredis does not know yet that it is connecting.
    this.attempt ??= this.renewAndConnect().finally(() => (this.attempt = undefined));
    return this.attempt;
  }

  override sendCommand(
    command: Command,
    stream?: Parameters<Redis['sendCommand']>[1],
  ): ReturnType<Redis['sendCommand']> {
    // What makes a connection ready, ioredis sends as it does; and what is refused has to be refused.
    const isOurs = stream === undefined && this.status === 'ready';
    return super.sendCommand(command, isOurs ? this.outgoing : stream);
  }

  override disconnect(reconnect = false): void {
    if (!reconnect) this.ending.abort();
    this.outgoing.flush();
    super.disconnect(reconnect);
  }

  private async renewAndConnect(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      try {
        this.use(await this.renewed());
        break;
      } catch (error) {
        if (signal.aborted) break;
        const pauseMs = this.failed(asError(error));
        await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
    if (signal.aborted) throw new Error('Connection is closed.');
    await super.connect();
  }

  private async renewed(): Promise<RedisOptions> {
    const late = new AbortController();
    const signal = AbortSignal.any([late.signal, this.ending.signal]);
    const timeout = delay(ANSWER_MS, undefined, { signal }).then(() => {
      throw new Error(`no answer within ${ANSWER_MS} ms`);
    });
    try {
      return (await Promise.race([renew(this.place), timeout])) ?? {};
    } finally {
      late.abort();
    }
  }

  private use(options: RedisOptions): void {
    Object.assign(this.options, options);
    const connector: unknown = Reflect.get(this, 'connector');
    if (!options.sentinels || connector instanceof SentinelConnector) return;
    // ioredis has chosen before there were any.
    const chosen = new SentinelConnector({ ...this.options, sentinels: options.sentinels });
    Reflect.set(chosen, 'options', this.options);
    Reflect.set(chosen, 'emitter', this);
    Reflect.set(this, 'connector', chosen);
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error(`what it threw is no error (${typeof thrown})`);
}
