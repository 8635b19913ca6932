import { describe, expect, it } from '@jest/globals';
import type { TestingModule } from '@nestjs/testing';
import { EventRecorder } from 'nestjs-lightbus/testing';
import { page } from './testing.js';

type Compile = () => Promise<TestingModule>;

// The page's tests are tests of this file.
await page.load('orders.spec.ts');

describe('docs/testing.md', () => {
  it('tests a part of an application', async () => {
    const { ofAPart } = await page.load<{ ofAPart: Compile }>('others.ts');
    const module = await ofAPart();
    await module.init();
    module.get(EventRecorder).assertNotFired();
    await module.close();
  });

  it("plays another service's part", async () => {
    const { ofOthers } = await page.load<{ ofOthers: Compile }>('others.ts');
    const module = await ofOthers();
    expect(module.get(EventRecorder).names()).toEqual(['billing.invoices.paid']);
    await module.close();
  });

  it('reaches a real Redis on purpose only', async () => {
    const { onNone, onRedis } = await page.load<Record<'onNone' | 'onRedis', Compile>>('others.ts');
    const refused = async () => (await onNone()).init();
    await expect(refused()).rejects.toThrow(/overrideLightbus.*allowRealRedis/s);
    // Not initialised: there is no Redis at the address that is the default.
    await expect(onRedis()).resolves.toBeDefined();
  });

  // What the recipe does is tested in test/package, in an application of Nest 11.
  it('has settings of Jest, and no other code', () => {
    expect(JSON.parse(page.code('json'))).toHaveProperty('transformIgnorePatterns');
    expect(page.untaken()).toEqual([]);
  });
});
