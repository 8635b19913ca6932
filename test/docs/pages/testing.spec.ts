import { describe, expect, it } from '@jest/globals';
import type { TestingModule } from '@nestjs/testing';
import { EventRecorder } from 'nestjs-lightbus/testing';
import { owned } from '../../support/owned.js';
import { page } from './testing.js';

type Compile = () => Promise<TestingModule>;

/** Closed at the end of this file, whatever fails. */
function closing(compile: Compile): Compile {
  return async () => {
    const module = await compile();
    owned().onEnd(() => module.close());
    return module;
  };
}

// The page's tests are tests of this file.
await page.load('orders.spec.ts');

describe('docs/testing.md', () => {
  it('tests a part of an application', async () => {
    const { ofAPart } = await page.load<{ ofAPart: Compile }>('others.ts');
    const module = await closing(ofAPart)();
    await module.init();
    module.get(EventRecorder).assertNotFired();
  });

  it("plays another service's part", async () => {
    const { ofOthers } = await page.load<{ ofOthers: Compile }>('others.ts');
    const module = await closing(ofOthers)();
    expect(module.get(EventRecorder).names()).toEqual(['billing.invoices.paid']);
  });

  it('reaches a real Redis on purpose only', async () => {
    const { onNone, onRedis } = await page.load<Record<'onNone' | 'onRedis', Compile>>('others.ts');
    const refused = async () => (await onNone()).init();
    await expect(refused()).rejects.toThrow(/overrideLightbus.*allowRealRedis/s);
    // Not initialised: the address is the default one.
    await closing(onRedis)();
  });

  // What the recipe does is tested in test/package, in an application of Nest 11.
  it('has settings of Jest, and no other code', () => {
    expect(JSON.parse(page.code('json'))).toHaveProperty('transformIgnorePatterns');
    expect(page.untaken()).toEqual([]);
  });
});
