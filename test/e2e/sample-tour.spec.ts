import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { owned } from '../support/owned.js';
import { outsideEnvironment } from '../support/outside-environment.js';
import { freePort } from '../support/redis-server.js';
import { isRunning, StartScript } from './start-script.js';

const run = promisify(execFile);

/** What may be asked again and again until the answer is there: it changes nothing. */
const ASKS = /^(curl (-s )?localhost|npx lightbus (deadletters list|status))/;

interface Step {
  readonly heading: string;
  readonly commands: string;
  /** What the page says that they print; `undefined` where it says nothing. */
  readonly printed: string | undefined;
}

/** The commands of the tour, in order. */
function readTour(): Step[] {
  const page = readFileSync('sample-app/README.md', 'utf8');
  const blocks = /^### (.*)$|^```sh\n([\s\S]*?)\n```(?:\n\n```(?:json|text)\n([\s\S]*?)\n```)?$/gm;
  const steps: Step[] = [];
  let heading = 'Start';
  for (const [, title, commands, printed] of page.matchAll(blocks)) {
    heading = title ?? heading;
    if (commands !== undefined) steps.push({ heading, commands, printed });
  }
  return steps;
}

/** Lines without what differs each time, and without an order: some of them race. */
function comparable(text: string): unknown[] {
  const stable = text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replace(/\b\d{13}-\d+\b/g, '<entry>')
    .replace(/127\.0\.0\.1:\d+/g, '<redis>')
    .replace(/\b[\d.]+ (kB|ms|s)\b/g, '<amount>')
    .replace(/ +/g, ' ');
  // curl ends no line, so that what two of them print stands in one.
  return (
    parsed(stable) ??
    stable
      .trim()
      .split('\n')
      .sort()
      .flatMap((line) => parsed(line) ?? [line])
  );
}

function parsed(text: string): unknown[] | undefined {
  try {
    return [JSON.parse(text) as unknown];
  } catch {
    return undefined;
  }
}

/** Somebody who follows the tour. */
class Visitor {
  private store: StartScript | undefined;

  constructor(private readonly env: Readonly<Record<string, string>>) {}

  async follow({ commands, printed }: Step): Promise<void> {
    const start = /^(?:(\w+)=(\S+) )?npm start$/.exec(commands);
    if (start) return this.start(start[1], start[2]);
    const end = Date.now() + 15_000;
    for (;;) {
      const output = await this.type(commands);
      try {
        if (printed !== undefined) expect(comparable(output)).toEqual(comparable(printed));
        return;
      } catch (error) {
        if (!ASKS.test(commands) || Date.now() > end) throw error;
      }
    }
  }

  /** Ends the store as Ctrl-C under npm does, which comes twice: from the terminal and from npm. */
  async leave(): Promise<void> {
    const { redisPid = 0, workerPid } = this.running;
    expect(await this.running.end('SIGINT', 'SIGTERM')).toBe(0);
    expect([redisPid, workerPid].map(isRunning)).toEqual([false, false]);
  }

  private async start(name: string | undefined, value = ''): Promise<void> {
    // Where it was killed a moment ago.
    expect(await this.store?.whenEnded()).not.toBe(0);
    this.store = await new StartScript({ ...this.env, ...(name && { [name]: value }) }).started();
  }

  private async type(commands: string): Promise<string> {
    const { url, output, workerPid } = this.running;
    const env = {
      ...outsideEnvironment(),
      REDIS_URL: /^ {2}export REDIS_URL=(\S+)$/m.exec(output)?.[1],
      WORKER: String(workerPid),
    };
    const here = commands
      .replaceAll('localhost:3000', new URL(url).host)
      // npm takes seconds to find that it is installed.
      .replaceAll('npx lightbus', resolve('node_modules/.bin/lightbus'));
    const cwd = resolve('sample-app');
    // `grep` fails where it finds nothing yet.
    const { stdout } = await run('sh', ['-c', `${here} || [ $? = 1 ]`], { cwd, env });
    return stdout;
  }

  private get running(): StartScript {
    if (!this.store) throw new Error('The tour does not begin with npm start.');
    return this.store;
  }
}

describe("the tour in the sample application's README", () => {
  it('is as it says', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-tour-'));
    owned().addDirectory(dir);
    const visitor = new Visitor({
      STORE_DATA_DIR: dir,
      PORT: String(await freePort()),
      // Not the usual one, where anybody may come: so it has to say what to export.
      STORE_REDIS_PORT: String(await freePort()),
    });
    const tour = readTour();
    expect(new Set(tour.map(({ heading }) => heading)).size).toBe(11);
    for (const step of tour) await visitor.follow(step);
    await visitor.leave();
  }, 120_000);
});
