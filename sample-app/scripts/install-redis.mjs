import { spawnSync } from 'node:child_process';

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

/**
 * Makes sure that there is a `redis-server` to start: installs it with apt where it is missing and
 * that is permitted.
 *
 * @returns {string | undefined} why there is none
 */
export function provideRedisServer() {
  if (hasCommand('redis-server')) return undefined;
  if (!hasCommand('apt-get')) return 'redis-server is not installed, and there is no apt-get here';
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && spawnSync('sudo', ['-n', 'true']).status !== 0) {
    return 'redis-server is not installed; apt-get needs root, or sudo without a password';
  }
  console.log('redis-server is not installed: installing it with apt-get ...');
  const [command, ...args] = isRoot ? ['sh', '-c', INSTALL] : ['sudo', '-n', 'sh', '-c', INSTALL];
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 600_000,
  });
  if (status === 0 && hasCommand('redis-server')) return undefined;
  return `apt-get could not install redis-server:\n${`${stdout}${stderr}`.trim().slice(-1000)}`;
}

function hasCommand(name) {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}
