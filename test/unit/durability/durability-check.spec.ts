import { beforeEach, describe, expect, it } from '@jest/globals';
import { DisconnectedError, NotDurableError, TransportError } from '../../../lib/errors.js';
import type { DurabilityVerdict } from '../../../lib/durability/durability.js';
import { DurabilityCheck } from '../../../lib/durability/durability-check.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';
import { waitFor } from '../../support/wait-for.js';

const FORGETS: DurabilityVerdict = {
  durable: false,
  findings: [{ level: 'problem', text: 'it forgets', remedy: 'let it remember' }],
};

/** A store that is reached, or answers, at the given tries only. */
class Awkward extends MemoryStore {
  connects = 0;
  audits = 0;

  constructor(
    private readonly reachedAt: number,
    private readonly answersAt = 1,
  ) {
    super();
  }

  override async connect(): Promise<void> {
    if (++this.connects < this.reachedAt) throw new DisconnectedError('away');
    return super.connect();
  }

  override async audit(): Promise<DurabilityVerdict> {
    if (++this.audits < this.answersAt) throw new TransportError('no answer');
    return FORGETS;
  }
}

describe('DurabilityCheck', () => {
  let logs: string[];
  let check: DurabilityCheck;

  beforeEach(() => {
    logs = [];
    const record = (level: string) => (message: unknown) =>
      void logs.push(`${level} ${String(message)}`);
    check = new DurabilityCheck({
      log: record('log'),
      warn: record('warn'),
      error: record('error'),
    });
  });

  const TOLD = "error Durability of this process's memory: it forgets (let it remember).";

  it('tells the verdict on a store once, whoever asks', async () => {
    const store = new Awkward(1);
    await Promise.all([check.report(store, 10), check.report(store, 10)]);
    await check.report(store, 10);
    expect(logs).toEqual([TOLD]);
    expect(store.audits).toBe(1);
  });

  it('goes on in silence with one that is away, and tells the verdict when it is there', async () => {
    const store = new Awkward(2);
    await check.report(store, 10);
    await waitFor(() => logs.length > 0);
    expect(logs).toEqual([TOLD]);
  });

  it('says why one that is there gives no answer, and asks again', async () => {
    await check.report(new Awkward(1, 2), 10);
    expect(logs[0]).toBe('error no answer');
    await waitFor(() => logs.length > 1);
    expect(logs.slice(1)).toEqual([TOLD]);
  });

  it('asks nobody once it is closed', async () => {
    const store = new Awkward(2);
    check.close();
    await check.report(store, 10);
    expect(store.connects).toBe(1);
    expect(logs).toEqual([]);
  });

  it('refuses what is not durable with what to do, and what can not be asked', async () => {
    await expect(check.require(new Awkward(1), 10)).rejects.toMatchObject({
      code: 'LIGHTBUS_NOT_DURABLE',
      problems: ['it forgets'],
      message: expect.stringContaining('it forgets (let it remember). Change that, or remove'),
    });
    const error: unknown = await check.require(new Awkward(2), 10).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(NotDurableError);
    expect((error as Error).message).toContain('away');
    expect((error as Error).cause).toBeInstanceOf(DisconnectedError);
  });
});
