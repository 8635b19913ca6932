import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { PublishError } from 'nestjs-lightbus';
import { urlForTest } from '../support/acl.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { waitFor } from '../support/wait-for.js';
import { configFor, directoryWith, lightbus } from './cli-process.js';
import { addRaw, closeApplications, startCounting } from './counting.js';

const USER = 'bob';

let redis: RedisServer;
let raw: Redis;

beforeAll(async () => {
  redis = await startRedis();
  raw = redis.client();
});

beforeEach(() => raw.call('ACL', 'SETUSER', USER, 'on', '>pw', '~*', '+@all', '-select'));

afterEach(closeApplications);

/** Cases: of a database that there is not, and of a user who may not choose one. */
const CASES = [
  ['that Redis does not have', '/99', 'ERR DB index is out of range: database 99'],
  ['that the user may not select', `${USER}/5`, "(SELECT 5). See 'Least privilege'"],
] as const;

function urlOf(place: string): string {
  const [user, database] = place.split('/');
  const url = urlForTest(redis.url).replace(/0$/, String(database));
  return user ? url.replace('//', `//${user}:pw@`) : url;
}

describe.each(CASES)('a database %s', (_title, place, reason) => {
  const url = () => urlOf(place);

  it('stores nothing elsewhere, and reads nothing elsewhere', async () => {
    const { application, stream, fire, recorder } = await startCounting({
      url: url(),
      api: { event_fire_timeout: 1 },
    });
    // In database 0.
    await addRaw(raw, stream, 1);
    const before = await raw.dbsize();

    const failure: unknown = await fire(2).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(PublishError);
    expect(String(failure)).toContain(reason);
    expect(await raw.dbsize()).toBe(before);
    expect(await raw.xlen(stream)).toBe(1);
    expect(await raw.xinfo('GROUPS', stream)).toEqual([]);
    expect(recorder().seen).toEqual([]);
    const errors = application.logs.filter((line) => line.includes('No connection to Redis'));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(reason);
  });

  it('makes each command fail with the reason', async () => {
    const commands = ['status', 'inspect', 'dumpschema', 'deadletters list x'];
    const config = configFor(url());
    const results = await Promise.all(
      commands.map((command) =>
        lightbus([...command.split(' '), '--config', config], { cwd: directoryWith() }),
      ),
    );
    for (const { code, stdout, stderr } of results) {
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(reason);
    }
  }, 30_000);
});

it('is used as soon as it can be', async () => {
  const { stream, fire, recorder } = await startCounting({
    url: urlOf(`${USER}/5`),
    api: { event_fire_timeout: 1 },
  });
  await expect(fire(1)).rejects.toBeInstanceOf(PublishError);
  await raw.call('ACL', 'SETUSER', USER, '+select');
  await waitFor(() => fire(2).then(Boolean, () => false));
  await waitFor(() => recorder().seen.length > 0);
  expect(recorder().seen).toEqual([2]);
  expect(await raw.exists(stream)).toBe(0);
});
