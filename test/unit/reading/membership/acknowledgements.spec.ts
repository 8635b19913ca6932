import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { StreamReader } from '../../../../lib/reading/stream/stream-reader.js';
import { waitFor } from '../../../support/wait-for.js';
import type { FaultyStore } from '../faulty-store.js';
import { drain, handle, IN_TIME, ReadingStage, STREAM, valuesOf } from '../reading-stage.js';

describe('Acknowledgements', () => {
  let stage: ReadingStage;
  let faulty: FaultyStore;

  beforeEach(() => {
    stage = new ReadingStage();
    faulty = stage.faulty;
  });
  afterEach(() => stage.close());

  async function readerWith(count: number, batchSize = count): Promise<StreamReader> {
    await stage.append(...Array.from({ length: count }, (_, i) => i));
    const reader = await stage.open({ batchSize });
    await reader.fill();
    return reader;
  }

  it('leave with the next read, all that were handled since the last one in one command before it', async () => {
    const reader = await readerWith(9, 3);
    await drain(reader);
    const steps = faulty.calls
      .filter(({ method }) => method === 'acknowledge' || method === 'readNew')
      .map(({ method, args }) => (method === 'readNew' ? 'read' : (args[1] as string[]).length));
    expect(steps).toEqual(['read', 3, 'read', 3, 'read', 3, 'read']);
    expect(stage.pendingOf('w1')).toEqual([]);
  });

  it('leave a moment later where the next read takes its time', async () => {
    const reader = await readerWith(3);
    handle(reader);
    handle(reader);
    expect(faulty.callsOf('acknowledge')).toHaveLength(0);
    await waitFor(() => stage.pendingOf('w1').length === 1);
    expect(faulty.callsOf('acknowledge')).toHaveLength(1);
  });

  it('leave outside of what was entered while an event was handled', async () => {
    const reader = await readerWith(3);
    const storage = new AsyncLocalStorage<string>();
    const left: (string | undefined)[] = [];
    const { memory } = faulty;
    const acknowledge = memory.acknowledge.bind(memory);
    memory.acknowledge = (...args) => {
      left.push(storage.getStore());
      return acknowledge(...args);
    };
    for (const request of ['first', 'second']) {
      const before = left.length;
      storage.run(request, () => handle(reader));
      await waitFor(() => left.length > before);
    }
    expect(left).toEqual([undefined, undefined]);
  });

  it('have recorded attempts forgotten, those of this process and of others', async () => {
    const ids = await stage.append(1, 2, 3);
    const reader = await stage.open({ batchSize: 3 });
    await reader.fill();
    await reader.recordAttempts(ids[1]!, 2, true);
    for (let i = 0; i < 3; i++) handle(reader);
    await reader.settle(IN_TIME);
    expect(faulty.callsOf('acknowledge').map(([, all, attempted]) => [all, attempted])).toEqual([
      [ids, [ids[1]]],
    ]);
  });

  describe('settling', () => {
    it('waits for those that are on their way', async () => {
      const reader = await readerWith(1);
      const held = faulty.hold('acknowledge');
      handle(reader);
      let settled = false;
      const settling = reader.settle(IN_TIME).then(() => (settled = true));
      await held.entered;
      expect(settled).toBe(false);
      held.release();
      await settling;
      expect(stage.pendingOf('w1')).toEqual([]);
    });

    it('repeats one that failed, until it is confirmed', async () => {
      const reader = await readerWith(1);
      faulty.fail('acknowledge', 3);
      handle(reader);
      await reader.settle(IN_TIME);
      expect(stage.pendingOf('w1')).toEqual([]);
      expect(faulty.callsOf('acknowledge')).toHaveLength(4);
    });

    it('acknowledges what a group hands out once more that was destroyed meanwhile', async () => {
      await stage.append(1, 2);
      const reader = await stage.open({ batchSize: 1 });
      await reader.fill();
      const stored = await faulty.memory.range(STREAM, { start: '-', end: '+', count: 9 });
      stage.flush();
      const entries = stored.map(({ fields }) => fields ?? []);
      jest.spyOn(Date, 'now').mockReturnValue(Number(stored[0]!.nativeId.split('-')[0]));
      await faulty.memory.append(STREAM, entries, { maxLength: null, timeoutMs: 1000 });
      jest.restoreAllMocks();
      handle(reader);
      await reader.settle(IN_TIME);
      expect(stage.pendingOf('w1')).toEqual(['2']);
    });

    it('rejects with what was in the way, once there is no more time', async () => {
      const reader = await readerWith(1);
      const time = new AbortController();
      faulty.fail('acknowledge', 100);
      handle(reader);
      const settling = reader.settle(time.signal);
      await waitFor(() => faulty.callsOf('acknowledge').length > 2);
      time.abort();
      await expect(settling).rejects.toThrow('acknowledge failed');
      expect(stage.pendingOf('w1')).toEqual(['0']);
    });

    it('does not wait longer than there is time for an answer that does not come', async () => {
      const reader = await readerWith(1);
      const time = new AbortController();
      const held = faulty.hold('acknowledge');
      handle(reader);
      const settling = reader.settle(time.signal);
      await held.entered;
      time.abort(new Error('no time was left'));
      await expect(settling).rejects.toThrow('no time was left');
      held.release();
    });

    it('has nothing to wait for where all is confirmed, whatever the time', async () => {
      const reader = await stage.open();
      await reader.settle(AbortSignal.abort());
    });
  });

  it('are not known any more once one is known to have been carried out', async () => {
    const reader = await readerWith(1);
    faulty.loseAnswer('acknowledge');
    handle(reader);
    await expect(reader.fill()).rejects.toThrow('acknowledge');
    await reader.open();
    expect(await drain(reader)).toEqual([]);
    // Otherwise it would be acknowledged without a call, should an operator set the group back.
    await reader.settle(IN_TIME);
    // Once more when the group was opened again, and then no more.
    expect(faulty.callsOf('acknowledge')).toHaveLength(2);
  });

  it('leave again as soon as the group is open, also where nothing is read yet', async () => {
    const reader = await readerWith(2);
    faulty.fail('acknowledge');
    handle(reader);
    await waitFor(() => failsToFill(reader));
    expect(stage.pendingOf('w1')).toContain('0');
    // A listener of several streams may have to wait for another one of them now.
    await reader.open();
    expect(stage.pendingOf('w1')).not.toContain('0');
    expect(valuesOf(await drain(reader))).toEqual(['1']);
  });
});

async function failsToFill(reader: StreamReader): Promise<boolean> {
  return reader.fill().then(
    () => false,
    () => true,
  );
}
