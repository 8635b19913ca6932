import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { owned } from '../support/owned.js';
import { FakeSystem } from './fake-system.js';

const SCRIPT = pathToFileURL('sample-app/scripts/install-redis.mjs').href;
const UPDATE = 'apt-get -o DPkg::Lock::Timeout=300 update';
const INSTALL =
  'apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends redis-server';
const INSTALLATION = [UPDATE, INSTALL, 'policy-rc.d says 101'];
const [ROOT, USER] = [0, 1000];

let system: FakeSystem;

beforeEach(() => {
  const dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-system-'));
  owned().addDirectory(dir);
  system = new FakeSystem(dir);
});

/** What `provideRedisServer` returns to this user on the fake system. */
function provide(uid: number): string | undefined {
  const script = `
    process.getuid = () => ${uid};
    const { provideRedisServer } = await import('${SCRIPT}');
    console.log(JSON.stringify({ problem: provideRedisServer() }));`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    { env: { PATH: system.path }, encoding: 'utf8', timeout: 60_000 },
  );
  if (!stdout) throw new Error(stderr);
  return (JSON.parse(stdout) as { problem?: string }).problem;
}

describe('provideRedisServer', () => {
  it('installs with apt-get as root, once, without starting a service', () => {
    system.addAptGet();
    expect(provide(ROOT)).toBeUndefined();
    expect(system.calls).toEqual(INSTALLATION);
    expect(existsSync(system.policy)).toBe(false);

    expect(provide(ROOT)).toBeUndefined();
    expect(system.calls).toEqual(INSTALLATION);
  });

  it('installs with sudo where that asks for no password', () => {
    system.addAptGet();
    system.addSudo({ isPermitted: true });
    expect(provide(USER)).toBeUndefined();
    expect(system.calls).toEqual(['sudo -n true', 'sudo -n sh', ...INSTALLATION]);
  });

  it('leaves it alone where sudo asks for a password, and where there is no sudo', () => {
    system.addAptGet();
    const problem = 'installing it with apt-get needs root, or sudo without a password';
    expect(provide(USER)).toBe(problem);
    system.addSudo({ isPermitted: false });
    expect(provide(USER)).toBe(problem);
    expect(system.calls).toEqual(['sudo -n true']);
  });

  it('says that there is no apt-get', () => {
    expect(provide(ROOT)).toBe('there is no apt-get here to install it with');
  });

  it('says what apt-get complained about, and that it came without redis-server', () => {
    system.addAptGet('echo "E: Unable to locate package redis-server" >&2; exit 100');
    const problem = 'apt-get could not install it:\nE: Unable to locate package redis-server';
    expect(provide(ROOT)).toBe(problem);
    expect(existsSync(system.policy)).toBe(false);

    system.addAptGet('echo "Setting up something else"');
    expect(provide(ROOT)).toBe('apt-get could not install it:\nSetting up something else');
  });

  it('keeps the service from starting with systemd, too, and a policy that is there', () => {
    writeFileSync(system.policy, '#!/bin/sh\nexit 42\n', { mode: 0o755 });
    system.addSystemd();
    system.addAptGet();
    expect(provide(ROOT)).toBeUndefined();
    expect(system.calls).toEqual([
      UPDATE,
      INSTALL,
      'policy-rc.d says 42',
      'systemctl disable redis-server',
    ]);
    expect(existsSync(system.policy)).toBe(true);
  });

  it('leaves no policy behind when it is interrupted', () => {
    system.addAptGet('kill -TERM $PPID; exit 1');
    expect(provide(ROOT)).toMatch(/^apt-get could not install it/);
    expect(existsSync(system.policy)).toBe(false);
  });
});
