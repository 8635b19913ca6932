import { afterEach, describe, expect, it } from '@jest/globals';
import { redriveDeadLetters } from '../../lib/operations/redrive-dead-letters.js';
import { RedisStore } from '../../lib/store/redis/redis.store.js';
import { owned } from '../support/owned.js';
import { sharedRedis, startRedis, uniqueName } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import {
  addRaw,
  closeApplications,
  newCountedApi,
  numbers,
  recorderOf,
  start,
} from './counting.js';

afterEach(closeApplications);

/** Nobody looks for entries to take over by itself while a test runs. */
const NO_LOOK = { reclaim_interval: 3600 };

/** How a worker's handler is held up. */
interface Gate {
  readonly begun: number[];
  open: () => void;
}

/** Workers whose listener has given up some events, and an operator in another process. */
async function giveUp(url: string, numbersGivenUp: readonly number[], workers: readonly string[]) {
  const counted = newCountedApi('redrive');
  const service = uniqueName('service');
  const Recorder = recorderOf(counted, { onError: 'dead_letter', maxAttempts: 1 });
  const broken = new Set(numbersGivenUp);
  const applications = await Promise.all(
    workers.map((process) => {
      const parts = { url, service, process, events: [counted.Counted], providers: [Recorder] };
      return start({ ...parts, redis: NO_LOOK });
    }),
  );
  const recorders = applications.map(({ app }) => app.get(Recorder));
  for (const recorder of recorders) {
    recorder.handle = (n) => {
      if (broken.has(n)) throw new Error(`no ${n}`);
    };
  }
  const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
  const store = new RedisStore({ url, logger });
  owned().onEnd(() => store.close());
  const sourceOf = (stream: string) => ({ store, ref: { stream, group: `${service}-recorder` } });
  const source = sourceOf(counted.stream);
  const fire = (n: number) => applications[0]!.bus.fire(counted.Counted, { n });
  for (const n of numbersGivenUp) await fire(n);
  const letters = () => store.deadLetters(source.ref, { start: '-', end: '+', count: 100 });
  await waitFor(async () => (await letters()).length === numbersGivenUp.length);
  broken.clear();

  return {
    ...{ ...counted, applications, recorders, fire, sourceOf, letters },
    seen: () => recorders.flatMap(({ seen }) => seen),
    redrive: (from = source) => redriveDeadLetters([from], undefined, () => undefined),
    /** The next handler stands still until the gate is opened. */
    hold(worker: number): Gate {
      const gate: Gate = { begun: [], open: () => undefined };
      const opened = new Promise<void>((resolve) => (gate.open = resolve));
      recorders[worker]!.handle = (n) => {
        gate.begun.push(n);
        return opened;
      };
      return gate;
    },
  };
}

describe('what is driven again', () => {
  it('is handled at once by a worker that waits', async () => {
    const { url } = await sharedRedis();
    const { redrive, seen, letters } = await giveUp(url, [1, 2, 3], ['w1']);
    expect(await redrive()).toBe(3);
    await waitFor(() => seen().length === 3);
    expect(seen()).toEqual([1, 2, 3]);
    expect(await letters()).toEqual([]);
  });

  it('is not kept waiting by what a busy worker has at hand, and still has to read', async () => {
    const { url } = await sharedRedis();
    const { redrive, seen, fire, hold } = await giveUp(url, [1, 2], ['w1']);
    const gate = hold(0);
    for (const n of numbers(3, 40)) await fire(n);
    await waitFor(() => gate.begun.length === 1);
    expect(await redrive()).toBe(2);
    gate.open();
    await waitFor(() => seen().length === 40);
    // Redis tells of it a moment after it is done.
    expect(seen().slice(-20)).toEqual(numbers(21, 40));
    expect(seen().filter((n) => n > 2)).toEqual(numbers(3, 40));
    expect(seen().indexOf(2)).toBe(seen().indexOf(1) + 1);
  });

  it('is handled by a worker that waits while another one is busy', async () => {
    const { url } = await sharedRedis();
    const { redrive, recorders, fire, hold, seen } = await giveUp(url, [1, 2], ['w1', 'w2', 'w3']);
    const gates = [hold(0), hold(1), hold(2)];
    // Whoever takes them.
    await fire(3);
    await fire(4);
    await waitFor(() => gates.flatMap(({ begun }) => begun).length === 2);
    const free = gates.findIndex(({ begun }) => begun.length === 0);
    recorders[free]!.handle = () => undefined;
    expect(await redrive()).toBe(2);
    await waitFor(() => recorders[free]!.seen.length === 2);
    expect(recorders[free]!.seen).toEqual([1, 2]);
    gates.forEach((gate) => gate.open());
    await waitFor(() => seen().length === 4);
  });

  it('is handled at once where Redis tells nobody of keys that change', async () => {
    const redis = await startRedis({ args: ['--rename-command', 'CLIENT', ''] });
    const { redrive, seen } = await giveUp(redis.url, [1, 2], ['w1']);
    expect(await redrive()).toBe(2);
    await waitFor(() => seen().length === 2);
  }, 40_000);

  it('on one stream of several is not kept waiting by what is at hand of the others', async () => {
    const redis = await startRedis();
    const raw = redis.client();
    const counted = newCountedApi('redrive_streams');
    const service = uniqueName('service');
    const [one, two] = [`${counted.api}.one:stream`, `${counted.api}.two:stream`];
    const Recorder = recorderOf(counted, { onError: 'dead_letter', maxAttempts: 1 });
    await addRaw(raw, one, 1);
    await addRaw(raw, two, 2);
    const application = await start({
      ...{ url: redis.url, service, providers: [Recorder] },
      redis: { ...NO_LOOK, stream_use: 'per_event' },
    });
    const recorder = application.app.get(Recorder);
    await waitFor(() => recorder.seen.length === 2);
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const begun: number[] = [];
    recorder.handle = async (n) => {
      begun.push(n);
      if (n === 3) throw new Error('no 3');
      if (n === 4) await opened;
    };
    await addRaw(raw, one, 3);
    const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
    const store = new RedisStore({ url: redis.url, logger });
    owned().onEnd(() => store.close());
    const source = { store, ref: { stream: one, group: `${service}-recorder` } };
    const range = { start: '-', end: '+', count: 10 };
    await waitFor(async () => (await store.deadLetters(source.ref, range)).length === 1);
    for (const n of numbers(4, 40)) await addRaw(raw, two, n);
    await waitFor(() => begun.includes(4));
    recorder.handle = (n) => void begun.push(n);
    expect(await redriveDeadLetters([source], undefined, () => undefined)).toBe(1);
    open();
    await waitFor(() => begun.length === 39);
    // Redis tells of it a moment after it is done.
    expect(begun.slice(-20)).toEqual(numbers(21, 40));
    expect(begun.filter((n) => n === 3)).toHaveLength(2);
  }, 40_000);
});
