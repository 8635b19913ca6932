// TEST_REDIS_SERVERS=<folder>:<folder> npm run test:servers [-- <tests> ...]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { provideRedisServer } from '../../sample-app/scripts/install-redis.mjs';
import { countsIn, inWords, sum } from '../support/test-counts.mjs';

/** What may differ from one server to the next. */
const TESTS = [
  'test/contract',
  'test/interop',
  // Durability.
  'test/unit/durability',
  'test/e2e/durability',
  // What becomes of refusals and failures.
  'test/unit/redis',
  'test/unit/store/redis',
  'test/e2e/redis-',
  'test/e2e/connections',
  'test/e2e/renewed-passwords',
  // What the log says of a Cluster, of idle timeouts, of a server without CLIENT.
  'test/e2e/server-kinds',
  'test/e2e/restart',
  'test/e2e/least-privilege',
  'test/e2e/schema-publication.spec',
];

/** What is run once more under the user of least privilege: rights differ between servers, too. */
const TESTS_UNDER_ACL = ['test/contract/redis', 'test/interop', 'test/e2e/least-privilege'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  // Where to write the counts, named as Jest names them.
  options: { outputFile: { type: 'string' } },
});
const folders = (process.env.TEST_REDIS_SERVERS ?? '').split(delimiter).filter(Boolean);
// `PATH` is no folder: the server that `npm test` runs on.
const given = folders.map((folder) => (folder === 'PATH' ? undefined : resolve(folder)));
const counts = (given.length > 0 ? given : [undefined]).map(testOn);
for (const count of counts) console.log(`== ${count.name}: ${inWords(count)}`);
const { passed, failed } = sum(counts);
if (values.outputFile) {
  const results = { numPassedTests: passed, numFailedTests: failed };
  writeFileSync(values.outputFile, JSON.stringify(results));
}
console.log(inWords({ passed, failed }));
process.exit(failed > 0 ? 1 : 0);

/** Runs the tests on the `redis-server` of a folder; where that is undefined, on that of the PATH. */
function testOn(folder) {
  const problem = folder === undefined ? provideRedisServer() : undefined;
  const server = nameOf(folder);
  if (!server) {
    const place =
      folder === undefined ? `on the PATH${problem ? `, and ${problem}` : ''}` : `in ${folder}`;
    const name = `no redis-server that can be started ${place}`;
    console.log(`== ${name}`);
    return { name, passed: 0, failed: 1 };
  }
  const name = folder === undefined ? server : `${server} (${folder})`;
  return { name, ...sum(runsOn(folder).map((run) => runTests(name, folder, run))) };
}

/** On the server of the PATH all tests are run by `npm test`, but for those under another user. */
function runsOn(folder) {
  if (positionals.length > 0) return [{ tests: positionals, isUnderAcl: false }];
  const underAcl = { tests: TESTS_UNDER_ACL, isUnderAcl: true };
  return folder === undefined ? [underAcl] : [{ tests: TESTS, isUnderAcl: false }, underAcl];
}

/** `Redis 8.0.2`, `Valkey 8.1.1`: what a server calls itself. */
function nameOf(folder) {
  const program = folder === undefined ? 'redis-server' : join(folder, 'redis-server');
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  const [, product, version] = /^(\w+) server v=(\S+)/.exec(stdout ?? '') ?? [];
  return version && `${product} ${version}`;
}

function runTests(name, folder, { tests, isUnderAcl }) {
  console.log(`== on ${name}${isUnderAcl ? ', under the user of least privilege' : ''}`);
  const { PATH = '', ...env } = process.env;
  // A Redis that is given would be another one than we say.
  delete env.REDIS_URL;
  delete env.LIGHTBUS_TEST_ACL;
  const dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-servers-'));
  const file = join(dir, 'results.json');
  try {
    const { status } = spawnSync(
      'npm',
      ['test', '--', '--json', `--outputFile=${file}`, ...tests],
      {
        stdio: 'inherit',
        env: {
          ...env,
          PATH: folder === undefined ? PATH : `${folder}${delimiter}${PATH}`,
          ...(isUnderAcl ? { LIGHTBUS_TEST_ACL: '1' } : {}),
        },
      },
    );
    return countsIn(file, status === 0);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
