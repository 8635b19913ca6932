import { spawnSync } from 'node:child_process';

/**
 * Makes sure that there is a `redis-server` to start: installs it with apt where it is missing and
 * that is permitted. Where it can't be had, the run goes on: tests that need no Redis still tell
 * something, and `startRedis` says why the others can't run.
 */
export function installRedis() {
  if (hasCommand('redis-server')) return;
  const problem = install();
  if (problem) process.env.LIGHTBUS_TEST_REDIS_PROBLEM = problem;
}

// Debian starts a service as soon as its package is installed, unless policy-rc.d forbids it.
const INSTALL = `
set -e
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
apt-get -o DPkg::Lock::Timeout=300 update
apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends redis-server
if [ -d /run/systemd/system ]; then systemctl disable redis-server; fi
`;

/** @returns {string | undefined} why it could not be installed */
function install() {
  if (!hasCommand('apt-get')) return 'there is no apt-get here to install it with';
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && spawnSync('sudo', ['-n', 'true']).status !== 0) {
    return 'installing it with apt-get needs root or sudo without a password';
  }
  process.stderr.write('redis-server is not on the PATH: installing it with apt-get\n');
  const [command, ...args] = isRoot ? ['sh', '-c', INSTALL] : ['sudo', '-n', 'sh', '-c', INSTALL];
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 600_000,
  });
  if (result.status === 0 && hasCommand('redis-server')) return undefined;
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim();
  return `apt-get could not install it:\n${output.slice(-2000)}`;
}

function hasCommand(name) {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}
