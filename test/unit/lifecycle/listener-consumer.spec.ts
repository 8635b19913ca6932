import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SubscriptionLog } from '../../../lib/lifecycle/subscription-log.js';
import { Subscription } from '../../../lib/reading/subscription.js';
import { waitFor } from '../../support/wait-for.js';
import { ConsumerStage, loggerOf } from './consumer-stage.js';

describe('ListenerConsumer', () => {
  let logs: string[];
  let stages: ConsumerStage[];
  /** Jest itself fails a test for what nobody catches; this is told what is thrown in telling that. */
  let warnings: jest.SpiedFunction<typeof process.emitWarning>;

  beforeEach(() => {
    [logs, stages] = [[], []];
    warnings = jest.spyOn(process, 'emitWarning');
    Logger.overrideLogger(loggerOf((level, line) => logs.push(`${level} ${line.join(' ')}`)));
  });
  afterEach(async () => {
    expect(warnings).not.toHaveBeenCalled();
    jest.restoreAllMocks();
    for (const stage of stages) await stage.consumer.stop(100);
    Logger.overrideLogger(['log', 'warn', 'error']);
  });

  function newStage(...args: ConstructorParameters<typeof ConsumerStage>): ConsumerStage {
    const stage = new ConsumerStage(...args);
    stages.push(stage);
    return stage;
  }

  const bug = new Error('a bug.');

  /** What may end a loop though nobody has stopped it; each happens once, at an event. */
  const ENDS: Record<string, () => void> = {
    'reading throws': () =>
      void jest.spyOn(Subscription.prototype, 'read').mockImplementationOnce(() => {
        throw bug;
      }),
    'reading comes to an end': () =>
      void jest.spyOn(Subscription.prototype, 'read').mockImplementationOnce(async function* () {}),
    'acknowledging throws': () =>
      void jest.spyOn(Subscription.prototype, 'acknowledge').mockImplementationOnce(() => {
        throw bug;
      }),
  };

  it.each(Object.keys(ENDS))(
    'fails, says so with a stack, and goes on in order, when %s',
    async (end) => {
      const stage = newStage();
      await stage.append(1, 3);
      ENDS[end]?.();
      await stage.consumer.start();
      await waitFor(() => stage.consumer.state().status === 'failing');
      expect(stage.consumer.state().failing?.error).toMatch(/a bug|came to an end/);
      expect(logs).toContainEqual(
        expect.stringMatching(/^error Listener 'stock' broke off: .*starts again in .* {4}at /s),
      );
      await waitFor(() => stage.isDone);
      expect(stage.handled).toEqual([1, 2, 3]);
      expect(stage.again.length).toBeLessThanOrEqual(1);
      expect(stage.consumer.state()).toMatchObject({ status: 'reading' });
      expect(stage.consumer.state().failing).toBeNull();
      expect(stage.shutdowns).toBe(0);
    },
  );

  it.each(Object.keys(ENDS))(
    "takes the application down with onError 'shutdown' when %s, and says why",
    async (end) => {
      const stage = newStage({ onError: 'shutdown' });
      await stage.append(1, 3);
      ENDS[end]?.();
      await stage.consumer.start();
      await waitFor(() => stage.shutdowns === 1);
      expect(stage.consumer.state()).toMatchObject({
        status: 'stopped',
        failing: { error: expect.stringMatching(/a bug|came to an end/), nextTryAt: null },
      });
      expect(logs).toContainEqual(
        expect.stringMatching(/^fatal .*broke off.*shuts down.* {4}at /s),
      );
      expect(stage.handled.length).toBeLessThanOrEqual(1);
    },
  );

  it('waits longer each time that nothing was handled in between, and shows the fault meanwhile', async () => {
    const stage = newStage();
    await stage.append(1, 1);
    jest.spyOn(Subscription.prototype, 'read').mockImplementation(() => {
      throw bug;
    });
    await stage.consumer.start();
    await waitFor(() => logs.filter((line) => line.includes('broke off')).length === 3);
    expect(stage.consumer.state()).toMatchObject({
      status: 'failing',
      failing: { error: 'a bug.', attempt: 3 },
    });
    const delays = logs.map((line) => Number(/starts again in (\d+) ms/.exec(line)?.[1] ?? 0));
    const [first = 0, , third = 0] = delays.filter((ms) => ms > 0);
    expect(third).toBeGreaterThan(first);
    jest.restoreAllMocks();
    await waitFor(() => stage.isDone && stage.consumer.state().status === 'reading');
  });

  it('goes on when telling what happens beside the reading fails', async () => {
    const stage = newStage();
    const report = jest.spyOn(SubscriptionLog.prototype, 'report');
    await stage.append(1, 1);
    await stage.consumer.start();
    await waitFor(() => stage.isDone);
    report.mockImplementationOnce(() => {
      throw bug;
    });
    stage.meddle = (call, _, name) =>
      name === 'refresh' ? Promise.reject(new Error('NOPERM')) : call();
    await waitFor(() => stage.consumer.state().status === 'failing');
    expect(stage.consumer.state().failing?.error).toBe('a bug.');
    await waitFor(() => stage.consumer.state().status === 'reading');
    await stage.append(2, 2);
    await waitFor(() => stage.isDone);
    expect(stage.handled).toEqual([1, 2]);
  });

  it('stops in time where closing never ends', async () => {
    const stage = newStage();
    await stage.append(1, 1);
    await stage.consumer.start();
    await waitFor(() => stage.isDone);
    jest.spyOn(Subscription.prototype, 'close').mockReturnValue(new Promise(() => undefined));
    await expect(stage.consumer.stop(50)).rejects.toThrow(/timeout/);
    expect(stage.consumer.state().status).toBe('stopped');
    stages = [];
  });

  it('stops, with a warning, where closing fails', async () => {
    const stage = newStage();
    await stage.consumer.start();
    jest.spyOn(Subscription.prototype, 'close').mockImplementation(() => {
      throw bug;
    });
    await stage.consumer.stop(1_000);
    expect(logs).toContainEqual(
      expect.stringMatching(/^warn .*last acknowledgement failed: a bug/),
    );
  });
});
