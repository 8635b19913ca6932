import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { owned } from '../support/owned.js';

// Runs no test: notes the first redis-server on the PATH, and passes or fails as the test says.
const NPM = `#!/bin/sh
echo "$(redis-server --version) $* acl=$LIGHTBUS_TEST_ACL url=$REDIS_URL" >> "$CALLS"
for arg; do
  case $arg in --outputFile=*) file=\${arg#--outputFile=} ;; esac
done
case "$(redis-server --version)" in
  *"v=$BROKEN"*) exit 1 ;;
  *"v=$FAILING"*) echo '{"numPassedTests":4,"numFailedTests":1}' > "$file"; exit 1 ;;
esac
echo '{"numPassedTests":5}' > "$file"
`;

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-servers-'));
  owned().addDirectory(dir);
  addProgram('bin/npm', NPM);
});

function addProgram(path: string, text: string): void {
  mkdirSync(join(dir, path, '..'), { recursive: true });
  writeFileSync(join(dir, path), text, { mode: 0o755 });
}

/** A folder with a redis-server that tells its version, and does nothing else. */
function addServer(folder: string, product: string, version: string): void {
  const told = `${product} server v=${version} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64`;
  addProgram(`${folder}/redis-server`, `#!/bin/sh\necho '${told}'\n`);
}

/** Runs `npm run test:servers` on these folders; without any, on the PATH. */
function testServers(folders: readonly string[], env = {}, args: readonly string[] = []) {
  const { stdout, status } = spawnSync(process.execPath, ['test/servers/run.mjs', ...args], {
    encoding: 'utf8',
    timeout: 30_000,
    env: {
      ...process.env,
      PATH: `${join(dir, 'bin')}:${process.env.PATH}`,
      CALLS: join(dir, 'calls'),
      BROKEN: 'none',
      FAILING: 'none',
      TEST_REDIS_SERVERS: folders
        .map((folder) => (folder === 'PATH' ? folder : join(dir, folder)))
        .join(':'),
      ...env,
    },
  });
  return { lines: stdout.trimEnd().split('\n'), status };
}

function calls(): string[] {
  return readFileSync(join(dir, 'calls'), 'utf8').trimEnd().split('\n');
}

describe('npm run test:servers', () => {
  it('runs on each server that it is given, says which, and counts over all', () => {
    addServer('one', 'Redis', '8.0.2');
    addServer('two', 'Valkey', '8.1.1');
    const { lines, status } = testServers(['one', 'two'], { REDIS_URL: 'redis://given' });
    expect(lines).toEqual([
      `== on Redis 8.0.2 (${dir}/one)`,
      `== on Redis 8.0.2 (${dir}/one), under the user of least privilege`,
      `== on Valkey 8.1.1 (${dir}/two)`,
      `== on Valkey 8.1.1 (${dir}/two), under the user of least privilege`,
      `== Redis 8.0.2 (${dir}/one): 10 passed, 0 failed`,
      `== Valkey 8.1.1 (${dir}/two): 10 passed, 0 failed`,
      '20 passed, 0 failed',
    ]);
    expect(status).toBe(0);
    expect(calls()).toEqual([
      expect.stringMatching(/^Redis server v=8\.0\.2 .* test\/contract .*acl= url=$/),
      expect.stringMatching(/^Redis server v=8\.0\.2 .* test\/contract.*acl=1 url=$/),
      expect.stringMatching(/^Valkey server v=8\.1\.1 .*acl= url=$/),
      expect.stringMatching(/^Valkey server v=8\.1\.1 .*acl=1 url=$/),
    ]);
  });

  it('runs on the server of the PATH, where it is given none, what `npm test` does not run there', () => {
    addServer('bin', 'Redis', '7.0.15');
    const { lines, status } = testServers([]);
    expect(lines).toEqual([
      '== on Redis 7.0.15, under the user of least privilege',
      '== Redis 7.0.15: 5 passed, 0 failed',
      '5 passed, 0 failed',
    ]);
    expect(calls()).toEqual([expect.stringMatching(/^Redis server v=7\.0\.15 .*acl=1 url=$/)]);
    expect(status).toBe(0);
  });

  it('runs on that of the PATH, too, where it is among those that it is given', () => {
    addServer('bin', 'Redis', '7.0.15');
    addServer('one', 'Redis', '8.0.2');
    const { lines } = testServers(['PATH', 'one']);
    expect(lines.slice(-3)).toEqual([
      '== Redis 7.0.15: 5 passed, 0 failed',
      `== Redis 8.0.2 (${dir}/one): 10 passed, 0 failed`,
      '15 passed, 0 failed',
    ]);
  });

  it('goes on after a failure, and ends with 1', () => {
    addServer('one', 'Redis', '8.0.2');
    addServer('two', 'Valkey', '8.1.1');
    const failing = testServers(['one', 'two'], { FAILING: '8.0.2' });
    expect(failing.lines.at(-1)).toBe('18 passed, 2 failed');
    expect(failing.status).toBe(1);
    const broken = testServers(['one', 'two'], { BROKEN: '8.0.2' });
    expect(broken.lines.at(-1)).toBe('10 passed, 2 failed');
    expect(broken.status).toBe(1);
  });

  it('tests on no other server where a folder has none', () => {
    addServer('bin', 'Redis', '7.0.15');
    addServer('one', 'Redis', '8.0.2');
    const { lines, status } = testServers(['nowhere', 'one']);
    expect(lines[0]).toBe(`== no redis-server that can be started in ${dir}/nowhere`);
    expect(lines.at(-1)).toBe('10 passed, 1 failed');
    expect(status).toBe(1);
  });

  it('runs the tests that it is told to, and writes its counts', () => {
    addServer('one', 'Redis', '8.0.2');
    const file = join(dir, 'counts.json');
    testServers(['one'], {}, ['test/unit/wire', `--outputFile=${file}`]);
    expect(calls()).toEqual([expect.stringContaining(' test/unit/wire ')]);
    const counts: unknown = JSON.parse(readFileSync(file, 'utf8'));
    expect(counts).toEqual({ numPassedTests: 5, numFailedTests: 0 });
  });
});
