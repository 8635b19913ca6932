import { SERVICE, startApplication } from '../growth/application.mjs';
import { runCommand } from '../growth/command.mjs';
import { costsWhile } from '../measure.mjs';
import { fill, setAside, streamOf } from '../growth/streams.mjs';
import { growthRows } from '../growth/rows.mjs';

const GROUP = `${SERVICE}-listener`;

/** What dealing with dead letters costs. */
export const ROWS = growthRows(import.meta.url, [
  {
    name: 'redriving one dead letter',
    of: 'dead letters',
    sizes: [100, 200_000],
    quick: [100, 5_000],
    units: ['s', 's CPU of Redis'],
    async measure({ url, client }, letters) {
      const [id] = await deadLetters(client, letters);
      const handle = () => undefined;
      const app = await startApplication(url, {
        listeners: [{ name: 'listener', events: 'growth.counted', handle }],
      });
      const cost = await costsWhile(() => app.listeners.redrive('listener', [id]));
      await app.close();
      if (cost.result !== 1) throw new Error(`redrive resolved to ${cost.result}`);
      return [cost.time, cost.redis];
    },
  },
  {
    name: 'redriving all dead letters',
    of: 'dead letters of 10 kB',
    sizes: [100, 20_000],
    quick: [100, 1_000],
    units: ['s, from the start of the command', 'MB of memory'],
    async measure({ url, client }, letters) {
      await deadLetters(client, letters, 10_000);
      const redrive = ['deadletters', 'redrive', 'listener', `--service-name=${SERVICE}`];
      // That no worker lives is known.
      redrive.push('--log-level=warning');
      const { output, time, memory } = await runCommand(url, redrive);
      if (output !== `redriven: ${letters}\n`) throw new Error(`It printed '${output}'.`);
      return [time, memory];
    },
  },
  {
    name: "'deadletters list', its first line",
    of: 'dead letters',
    sizes: [100, 200_000],
    quick: [100, 5_000],
    units: ['s', 'MB of memory'],
    async measure({ url, client }, letters) {
      await deadLetters(client, letters);
      const list = ['deadletters', 'list', 'listener', `--service-name=${SERVICE}`];
      const { time, memory } = await runCommand(url, list, { onlyFirst: true });
      return [time, memory];
    },
  },
]);

/** A group that has handled nothing and given up everything. @returns ids of its newest letters. */
async function deadLetters(client, count, bytes = 200) {
  await fill(client, 'growth', count, bytes);
  await client.xgroup('CREATE', streamOf('growth'), GROUP, '$');
  const key = await setAside(client, 'growth', GROUP);
  const newest = await client.xrevrange(key, '+', '-', 'COUNT', 1);
  return newest.map(([id]) => id);
}
