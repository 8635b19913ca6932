import { ModulesContainer, type ModuleRef } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { LifecycleModule } from '../../../lib/lifecycle/lifecycle.module.js';
import { Supervisor } from '../../../lib/lifecycle/supervisor.js';

/** Starts the module in a Nest with these modules; returns what was done. */
async function startAmong(modules: readonly object[]): Promise<string[]> {
  const done: string[] = [];
  const container = new ModulesContainer();
  modules.forEach((module, i) => container.set(String(i), module as never));
  const get = (token: unknown) =>
    token === Supervisor
      ? { start: () => done.push('start') }
      : { warn: (text: string) => done.push(`warn ${text}`) };
  await new LifecycleModule({ get } as unknown as ModuleRef, container).onApplicationBootstrap();
  return done;
}

describe('LifecycleModule', () => {
  it('starts listeners without a word where it comes before the root', async () => {
    const own = { metatype: LifecycleModule, distance: 2 };
    const root = { metatype: Object, distance: 0 };
    expect(await startAmong([root, own])).toEqual(['start']);
    expect(own.distance).toBeLessThan(root.distance);
  });

  it.each([
    ['has no distances', [{ metatype: Object }, { metatype: LifecycleModule }]],
    [
      'does not let its distance be set',
      [
        { metatype: Object, distance: 0 },
        Object.freeze({ metatype: LifecycleModule, distance: 2 }),
      ],
    ],
  ])('warns where Nest %s, and starts listeners all the same', async (_, modules) => {
    expect(await startAmong(modules)).toEqual([
      expect.stringContaining('close what handlers use (databases) in onApplicationShutdown'),
      'start',
    ]);
  });
});
