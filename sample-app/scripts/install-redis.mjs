import { spawnSync } from 'node:child_process';

// Debian starts a service as soon as its package is installed, unless policy-rc.d forbids it. A
// signal must not leave that file behind; sh runs its EXIT trap only where it exits by itself.
const INSTALL = `
set -e
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
apt-get -o DPkg::Lock::Timeout=300 update
apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends redis-server
if [ -d /run/systemd/system ]; then systemctl disable redis-server; fi
`;

/**
 * Makes sure that there is a `redis-server` to start, for `npm start` and `npm test`: installs it
 * with apt where it is missing and that is permitted.
 *
 * @returns {string | undefined} why it could not be installed; follows on 'There is none, and ...'
 */
export function provideRedisServer() {
  if (hasCommand('redis-server')) return undefined;
  if (!hasCommand('apt-get')) return 'there is no apt-get here to install it with';
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && spawnSync('sudo', ['-n', 'true']).status !== 0) {
    return 'installing it with apt-get needs root, or sudo without a password';
  }
  console.error('redis-server is not on the PATH: installing it with apt-get ...');
  const [command, ...args] = isRoot ? ['sh', '-c', INSTALL] : ['sudo', '-n', 'sh', '-c', INSTALL];
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 600_000,
  });
  if (status === 0 && hasCommand('redis-server')) return undefined;
  return `apt-get could not install it:\n${`${stdout}${stderr}`.trim().slice(-1000)}`;
}

function hasCommand(name) {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}
