import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { EventBus, EventValidationError, LightbusModule } from 'nestjs-lightbus';
import { configFor } from '../../e2e/cli-process.js';
import { startRedis } from '../../support/redis-server.js';
import { commandsIn, runLightbus } from '../harness/commands.js';
import { startTesting } from '../harness/testing.js';
import { page } from './schemas.js';

describe('docs/schemas.md', () => {
  it('has a class whose schema says what its rules can not', async () => {
    const { CustomerCalled } = await page.load<{ CustomerCalled: Type<object> }>(
      'customer-called.ts',
    );
    const { module, close } = await startTesting({
      imports: [LightbusModule.forFeature([CustomerCalled])],
    });
    const bus = module.get(EventBus);
    await bus.fire(CustomerCalled, { phone: '+4930901820' });
    const refused = bus.fire(CustomerCalled, { phone: '030 901820' });
    await expect(refused).rejects.toThrow(EventValidationError);
    await close();
  });

  it('keeps and checks the schemas of a built application', async () => {
    const redis = await startRedis();
    const app = await page.program();
    const options = { cwd: app.dir, env: { LIGHTBUS_CONFIG: configFor(redis.url) } };
    const [keep = [], check = []] = commandsIn(page.code('sh', 'dumpschema'));
    await expect(runLightbus(keep, options)).resolves.toMatchObject({ code: 0 });
    const kept = JSON.parse(readFileSync(`${app.dir}/schema.json`, 'utf8')) as object;
    expect(kept).toMatchObject({
      'store.customers': {
        events: {
          called: { parameters: { properties: { phone: { description: 'in Germany' } } } },
        },
      },
    });

    await app.write('changed.json', JSON.stringify(kept).replaceAll('+49', '+4'));
    const changed = check.map((word) => word.replace('schema.json', 'changed.json'));
    await expect(
      Promise.all([runLightbus(check, options), runLightbus(changed, options)]),
    ).resolves.toMatchObject([{ code: 0 }, { code: 1 }]);
  }, 60_000);

  it('has no other code', () => {
    expect(page.untaken()).toEqual([]);
  });
});
