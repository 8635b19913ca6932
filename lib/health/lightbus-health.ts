import { Injectable } from '@nestjs/common';
import { Transports } from '../transport/transports.js';

/** A health check's result in the shape of `@nestjs/terminus`: `{ lightbus: { status: 'up' } }`. */
export type LightbusHealthResult<Key extends string = 'lightbus'> = Record<
  Key,
  { readonly status: 'up' | 'down'; readonly message?: string }
>;

/**
 * Tells whether the bus can be used. Add it to the providers of a health module and call it from
 * `@nestjs/terminus` or from a controller of your own.
 */
@Injectable()
export class LightbusHealth {
  constructor(private readonly transports: Transports) {}

  /**
   * Asks every transport that is in use whether commands can be sent.
   *
   * @param key name of the result. @default 'lightbus'
   * @param timeoutMs how long to wait for a connection, ms. @default 1000
   */
  async check<Key extends string = 'lightbus'>(
    key = 'lightbus' as Key,
    timeoutMs = 1_000,
  ): Promise<LightbusHealthResult<Key>> {
    const results = await Promise.allSettled(
      this.transports.all().map((transport) => transport.connect(timeoutMs)),
    );
    const failed = results.find((result) => result.status === 'rejected');
    const result = failed
      ? { status: 'down' as const, message: messageOf(failed.reason) }
      : { status: 'up' as const };
    return { [key]: result } as LightbusHealthResult<Key>;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
