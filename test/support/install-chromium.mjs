/**
 * Makes sure that there is a Chromium for the tests of the page: installs Debian's where there is none, and that is
 * permitted. For CI alone: elsewhere these tests are skipped, and say so.
 *
 *     node install-chromium.mjs
 */
import { spawnSync } from 'node:child_process';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

const INSTALL = `
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=300 update
apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends chromium
`;

/** Where it is: what `CHROMIUM_PATH` names, or one on the PATH. @returns {string | undefined} */
export function findChromium() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  return NAMES.map(pathOf).find((path) => path !== '');
}

function pathOf(name) {
  return spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
}

function install() {
  const isRoot = process.getuid?.() === 0;
  const [command, ...args] = isRoot ? ['sh', '-c', INSTALL] : ['sudo', '-n', 'sh', '-c', INSTALL];
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: 240_000,
  });
  if (status !== 0) console.error(`${stdout ?? ''}${stderr ?? ''}`.trim().slice(-1000));
}

if (import.meta.filename === process.argv[1]) {
  if (findChromium() === undefined) install();
  process.exitCode = findChromium() === undefined ? 1 : 0;
}
