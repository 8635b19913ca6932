import { Injectable } from '@nestjs/common';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { IsInt } from 'class-validator';
import {
  Event,
  InvalidOptionsError,
  Listeners,
  OnEvent,
  UnknownListenerError,
  type DeadLetter,
} from 'nestjs-lightbus';
import { Stores } from '../../../lib/store/stores.js';
import { startInMemory, type MemoryApplication } from '../listener/memory-application.js';
import { FOREIGN, put } from './letters.js';

@Event('shop.charged')
class Charged {
  @IsInt() n!: number;
}

@Injectable()
class Charging {
  broken = true;
  readonly handled: number[] = [];

  @OnEvent(Charged, { listenerName: 'charge', onError: 'dead_letter', maxAttempts: 1 })
  charge({ n }: Charged): void {
    if (this.broken) throw new Error(`no charge for ${n}`);
    this.handled.push(n);
  }
}

describe('Listeners', () => {
  let application: MemoryApplication;
  let listeners: Listeners;
  const source = { ref: { stream: 'shop.*:stream', group: 'service-charge' } };

  beforeEach(async () => {
    application = await startInMemory({ events: [Charged], providers: [Charging] });
    listeners = application.app.get(Listeners);
    for (const n of [1, 2, 3]) await application.bus.fire(Charged, { n });
    await application.whenHandled();
  });

  async function all(letters: AsyncIterable<DeadLetter>): Promise<DeadLetter[]> {
    const found: DeadLetter[] = [];
    for await (const letter of letters) found.push(letter);
    return found;
  }

  it('iterates over dead letters, from any of them on, so many', async () => {
    const [first, ...others] = await all(listeners.deadLetters('charge'));
    expect(first).toMatchObject({ message: 'no charge for 1', attempts: 1, listener: 'charge' });
    expect(others).toHaveLength(2);
    expect(await all(listeners.deadLetters('charge', { after: first!, limit: 1 }))).toEqual(
      others.slice(0, 1),
    );
    expect(await all(listeners.deadLetters('charge', { after: first!.id }))).toEqual(others);
  });

  it('drives dead letters again, and discards them', async () => {
    const [first, second] = await all(listeners.deadLetters('charge'));
    application.app.get(Charging).broken = false;
    expect(await listeners.redrive('charge', [second!.id])).toBe(1);
    expect(await listeners.discard('charge', [first!.id, second!.id])).toBe(1);
    expect(await listeners.redrive('charge')).toBe(1);
    await application.whenHandled();
    expect(application.app.get(Charging).handled).toEqual([2, 3]);
    expect(await all(listeners.deadLetters('charge'))).toEqual([]);
  });

  it('shows what others have put there as such, leaves it alone, and warns', async () => {
    const { store } = application.app.get(Stores).forApi('shop');
    const foreign = await put(store, source, ...FOREIGN);
    const letters = await all(listeners.deadLetters('charge'));
    const shown = letters.filter(({ reason }) => reason === 'foreign');
    expect(letters).toHaveLength(3 + FOREIGN.length);
    expect(shown.map(({ id, fields }) => [id, fields])).toEqual(
      foreign.map((id, i) => [id, FOREIGN[i]]),
    );
    application.app.get(Charging).broken = false;
    expect(await listeners.redrive('charge')).toBe(3);
    const warnings = application.logs.filter((line) => line.includes(`${FOREIGN.length} entries`));
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/^warn The dead-letter stream of group 'service-charge'/);
    expect(await listeners.discard('charge', foreign)).toBe(FOREIGN.length);
  });

  it('refuses at once what cannot be meant', async () => {
    expect(() => listeners.deadLetters('other\u001b')).toThrow(UnknownListenerError);
    expect(() => listeners.deadLetters('other\u001b')).toThrow(
      "This process has no listener named 'other\\u001b'. It has: charge.",
    );
    expect(() => listeners.deadLetters('charge', { limit: -1 })).toThrow(InvalidOptionsError);
    await expect(listeners.redrive('charge', ['all'])).rejects.toThrow(InvalidOptionsError);
    await expect(listeners.discard('other', ['1-1'])).rejects.toThrow(UnknownListenerError);
  });
});
