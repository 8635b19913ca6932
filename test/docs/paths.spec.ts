import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { Allow } from 'class-validator';
import { Redis, type Command } from 'ioredis';
import { Event, OnEvent } from 'nestjs-lightbus';
import { RedisStore } from '../../lib/store/redis/redis.store.js';
import { startApplication } from '../e2e/application.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';

type Path = 'fire' | 'handle';

/** Files of lib/ that were on the stack at some point of a path. */
const seen: Record<Path, Set<string>> = { fire: new Set(), handle: new Set() };

/** Notes who is at work: whoever called this, and whoever awaits its outcome. */
function look(path: Path): void {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Infinity;
  const stack = new Error('Who is at work?').stack ?? '';
  Error.stackTraceLimit = limit;
  for (const frame of stack.split('\n')) {
    const [, place] = frame.split(`${process.cwd()}/lib/`);
    const [, file] = /([^/]+\.ts):\d/.exec(place ?? '') ?? [];
    if (file) seen[path].add(file);
  }
}

@Event('paths.walked')
class Walked {
  // `look` when it is encoded, and when it is decoded; and its value when that is written.
  @Allow()
  @Transform(({ value }) => (look('fire'), value as unknown), { toPlainOnly: true })
  @Transform(({ value }) => (look('handle'), value as unknown), { toClassOnly: true })
  step: unknown = { toJSON: () => (look('fire'), 'taken') };
}

@Injectable()
class Walker {
  arrived = false;

  @OnEvent(Walked, { listenerName: 'walker', since: 'beginning' })
  arrive(): void {
    look('handle');
    this.arrived = true;
  }
}

/** Looks when XADD is sent, and when XREADGROUP is. */
function watchCommands(): void {
  const sendCommand = Reflect.get(Redis.prototype, 'sendCommand');
  jest.spyOn(Redis.prototype, 'sendCommand').mockImplementation(function (
    this: Redis,
    command: Command,
    ...rest
  ) {
    if (command.name === 'xadd') look('fire');
    if (command.name === 'xreadgroup' && command.args.includes('>')) look('handle');
    return sendCommand.call(this, command, ...rest);
  });
}

/** Looks when fields that were read are looked at. */
function watchEntries(): void {
  const readNew = Reflect.get(RedisStore.prototype, 'readNew');
  jest.spyOn(RedisStore.prototype, 'readNew').mockImplementation(async function (
    this: RedisStore,
    ...args
  ) {
    const page = await readNew.apply(this, args);
    return page.map(({ fields, ...entry }) => ({ ...entry, fields: fields && watched(fields) }));
  });
}

function watched(fields: readonly string[]): readonly string[] {
  return new Proxy(fields, {
    get(target, name) {
      look('handle');
      return Reflect.get(target, name) as unknown;
    },
  });
}

describe('The paths of ARCHITECTURE', () => {
  const text = readFileSync('ARCHITECTURE.md', 'utf8');
  const listed = (path: Path) => {
    const [, line = ''] = new RegExp(`^${path}: .*\\n {9}(.+)$`, 'm').exec(text) ?? [];
    return line.split(' -> ');
  };
  const besides = (path: Path) =>
    [...text.matchAll(new RegExp(`^- ${path}: \`(.+?)\`: .+$`, 'gm'))].map(
      ([, file]) => file ?? '',
    );

  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
    watchCommands();
    watchEntries();
    const { app, bus, close } = await startApplication({
      ...{ url: redis.url, service: 'paths' },
      ...{ events: [Walked], providers: [Walker] },
    });
    // Its schema has what an empty instance has written.
    seen.fire.clear();
    await bus.fire(new Walked());
    await waitFor(() => app.get(Walker).arrived);
    await close();
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await redis.stop();
  });

  it.each<[Path, number]>([
    ['fire', 6],
    ['handle', 8],
  ])(
    '%s: goes through the files that are listed, %i at most, and calls those beside it',
    (path, most) => {
      const files = listed(path);
      expect(files.length).toBeLessThanOrEqual(most);
      expect([...seen[path]].sort()).toEqual([...files, ...besides(path)].sort());
    },
  );
});
