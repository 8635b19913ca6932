import { describe, expect, it } from '@jest/globals';
import { CliProcess } from '../e2e/cli-process.js';
import { NewApplication } from '../package/new-application.js';
import { readmeBlocks, readmeCode } from './code-blocks.js';

describe("README, 'Event sourcing'", () => {
  it('has an aggregate of about forty lines, which its test of three lines tests', async () => {
    const code = readmeCode('## Event sourcing', 'ts');
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(50);
    const test = readmeBlocks('## Testing', 'ts').find((block) => block.includes('.given('));
    expect(test?.trim().split('\n')).toHaveLength(3);

    const app = await NewApplication.linked();
    await app.write('orders.ts', code);
    await app.write(
      'main.ts',
      `
      import { Test } from '@nestjs/testing';
      import { Aggregates, LightbusModule } from 'nestjs-lightbus';
      import { EventRecorder, LightbusTestingModule } from 'nestjs-lightbus/testing';
      import { Order, OrderCancelled, OrderPlaced, Orders } from './orders.js';

      const module = await Test.createTestingModule({
        imports: [LightbusTestingModule.forRoot(), LightbusModule.forFeature([OrderPlaced, OrderCancelled])],
        providers: [Orders],
      }).compile();
      await module.init();
      const recorder = module.get(EventRecorder);
      ${test ?? ''}
      const { state, version } = await module.get(Aggregates).load(Order, 'o1');
      console.log('The order is', state.status, version);
      await module.close();
      `,
    );
    await app.compile('nodenext');
    const running = new CliProcess([], { program: [process.execPath, 'main.js'], cwd: app.dir });
    await running.whenPrinted('The order is cancelled 2');
    expect((await running.result).code).toBe(0);
  }, 60_000);
});
