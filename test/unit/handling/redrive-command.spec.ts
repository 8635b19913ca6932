import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { redriveCommand } from '../../../lib/handling/redrive-command.js';

function commandFor(service: string, listener: string, ...configs: string[]): string {
  return redriveCommand({ group: `${service}-${listener}`, listener, letter: '7-1', configs });
}

describe('redriveCommand', () => {
  it('is short where names are plain', () => {
    expect(commandFor('store', 'reserve_stock')).toBe(
      'npx lightbus deadletters redrive reserve_stock 7-1 --service-name=store',
    );
  });

  it('says what the configuration is, the weakest first', () => {
    expect(commandFor('store', 'stock', '/app/lightbus.yaml', 'https://bus/more')).toBe(
      'npx lightbus deadletters redrive stock 7-1 --service-name=store --config=/app/lightbus.yaml --config=https://bus/more',
    );
  });

  it.each([
    ['redis://10.0.0.1:6380/2', 'LIGHTBUS_REDIS_URL=redis://10.0.0.1:6380/2 npx lightbus '],
    ['rediss://[::1]:6379/0', "LIGHTBUS_REDIS_URL='rediss://[::1]:6379/0' npx lightbus "],
    [
      'unix:///run/redis.sock?db=2',
      "LIGHTBUS_REDIS_URL='unix:///run/redis.sock?db=2' npx lightbus ",
    ],
    ['redis://127.0.0.1:6379/0', 'npx lightbus '], // where a command looks by itself
    ['redis+sentinel://a:26379/main/0', 'npx lightbus '], // no URL
  ])('says where Redis is: %s', (redis, start) => {
    const target = { group: 'store-stock', listener: 'stock', letter: '7-1', configs: [], redis };
    expect(redriveCommand(target)).toBe(
      `${start}deadletters redrive stock 7-1 --service-name=store`,
    );
  });

  it.each([
    'redis://127.0.0.1:6379/0',
    'rediss://[::1]:6379/0',
    'unix:///a "$(x)" `y` \\} dir/redis.sock',
  ])('leaves a user or password to the shell, which says what it lacks: %s', (redis) => {
    const target = { group: 'store-stock', listener: 'stock', letter: '7-1', configs: [], redis };
    const command = redriveCommand({ ...target, hasUser: true });
    const script = command.replace(/npx .*/, 'printenv LIGHTBUS_REDIS_URL');
    const shell = (env: Readonly<Record<string, string>>) =>
      spawnSync('sh', ['-c', script], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, ...env },
      });
    expect(shell({ LIGHTBUS_REDIS_URL: 'redis://:pw@host' }).stdout).toBe('redis://:pw@host\n');
    expect(shell({})).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining(`LIGHTBUS_REDIS_URL: ${redis}, with user and password`),
    });
  });

  it.each([
    ['store', 'stock'],
    ['my store', "it's-a-listener"],
    ['a-b', 'c-d'],
    ['$(reboot)', '`x`;*?"\\'],
    ['büro', '--help'],
    ['-s', '-'],
    ['~', '#1'],
  ])('is read by a shell as it was meant: service %s, listener %s', (service, listener) => {
    const command = commandFor(service, listener, '/my files/lightbus.yaml');
    const script = command.replace('npx lightbus', 'printf "%s\\n"');
    const words = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
    expect(words.filter((word) => word !== '--').sort()).toEqual(
      [
        ...['deadletters', 'redrive', listener, '7-1'],
        ...[`--service-name=${service}`, '--config=/my files/lightbus.yaml'],
      ].sort(),
    );
    expect(words.includes('--')).toBe(listener.startsWith('-'));
  });
});
