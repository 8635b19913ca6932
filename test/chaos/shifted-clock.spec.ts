import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from '@jest/globals';
import { owned } from '../support/owned.js';

const CLOCK = new URL('shifted-clock.mjs', import.meta.url).href;
const SCRIPT = `
  import { now } from ${JSON.stringify(CLOCK)};
  const tell = () => process.send({
    ahead: Math.round((Date.now() - now()) / 1000),
    made: Math.round((new Date().getTime() - now()) / 1000),
    given: new Date(5).getTime(),
    isDate: new Date() instanceof Date && new Date().constructor === Date,
    text: Date().slice(0, 4),
  });
  // Commands come in order: this one is told after the clock is set.
  process.on('message', tell);
  setInterval(() => undefined, 60_000);
`;

it('sets the wall clock of a process while it runs, and leaves a true one for facts', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  owned().addProcess(child.pid ?? 0);
  for (const ahead of [3_600, -30 * 86_400, 0]) {
    child.send({ shiftMs: ahead * 1_000 });
    const [told] = (await once(child, 'message')) as [unknown];
    expect(told).toEqual({
      ...{ ahead, made: ahead, given: 5, isDate: true },
      text: new Date(Date.now() + ahead * 1_000).toString().slice(0, 4),
    });
  }
  child.kill();
});
