import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { owned } from './owned.js';

// Does nothing of what npm does: fails or hangs as the test says, and writes Jest's results.
const NPM = `#!/bin/sh
echo "npm $*" >> "$CALLS"
for arg; do
  case $arg in --outputFile=*) file=\${arg#--outputFile=} ;; esac
done
case "$1 $2" in
  'run lint') exit "\${LINT:-0}" ;;
  'run test:servers')
    echo "on $TEST_REDIS_SERVERS" >> "$CALLS"
    printf %s "$ON_SERVERS" > "$file"
    exit "\${SERVERS:-0}" ;;
  'test --')
    printf %s "$RESULTS" > "$file"
    sleep "\${HANG:-0}"
    exit "\${TESTS:-0}" ;;
esac
`;

let dir: string;

/** Of a clone, what `.ci/run` itself needs: with nothing beside it. */
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-ci-'));
  owned().addDirectory(dir);
  for (const file of ['.ci/run', 'test/support/test-counts.mjs']) cpSync(file, clone(file));
  mkdirSync(join(dir, 'bin'));
  writeFileSync(join(dir, 'bin/npm'), NPM, { mode: 0o755 });
});

function clone(file: string): string {
  return join(dir, 'clone', file);
}

/** What is printed, line by line, and the exit code. */
function run(results: object | string, env: Record<string, string>): [string[], number | null] {
  const { stdout, status } = spawnSync(clone('.ci/run'), {
    encoding: 'utf8',
    timeout: 30_000,
    env: {
      ...process.env,
      PATH: `${join(dir, 'bin')}:${process.env.PATH}`,
      CALLS: join(dir, 'calls'),
      RESULTS: typeof results === 'string' ? results : JSON.stringify(results),
      ON_SERVERS: JSON.stringify({ numPassedTests: 10 }),
      TEST_REDIS_SERVERS: '',
      ...env,
    },
  });
  return [stdout.trimEnd().split('\n'), status];
}

/** The last line that `.ci/run` prints, and its exit code. */
function ci(results: object | string, env: Record<string, string> = {}): [string, number | null] {
  const [lines, status] = run(results, env);
  return [lines.at(-1) ?? '', status];
}

function calls(): string[] {
  return readFileSync(join(dir, 'calls'), 'utf8').trimEnd().split('\n');
}

/** Puts a tool beside the clone. */
function addTool(script: string): void {
  mkdirSync(join(dir, 'shared/tools'), { recursive: true });
  const tool = join(dir, 'shared/tools/other-servers');
  writeFileSync(tool, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

describe('.ci/run', () => {
  it("runs README's test command and counts what passed", () => {
    expect(ci({ numPassedTests: 3 })).toEqual(['13 passed, 0 failed', 0]);
    const [first, second, third, fourth, ...more] = calls();
    expect([first, second, third]).toEqual(['npm ci', 'npm run lint', 'npm run build']);
    expect(fourth).toMatch(/^npm test -- --json /);
    expect(more.at(-1)).toBe('on PATH');
  });

  it('counts failed tests, files and steps, each once', () => {
    const results = { numPassedTests: 3, numFailedTests: 1, numRuntimeErrorTestSuites: 1 };
    expect(ci(results, { TESTS: '1' })).toEqual(['13 passed, 2 failed', 1]);
    expect(ci(results, { TESTS: '1', LINT: '1' })).toEqual(['13 passed, 3 failed', 1]);
    expect(ci({ numPassedTests: 3 }, { LINT: '1' })).toEqual(['13 passed, 1 failed', 1]);
  });

  it('names what failed at the end of its output', () => {
    const failed = { fullName: 'a house stands', status: 'failed' };
    const passed = { fullName: 'a house is built', status: 'passed' };
    const [lines] = run(
      {
        ...{ numPassedTests: 3, numFailedTests: 1, numRuntimeErrorTestSuites: 1 },
        testResults: [
          {
            name: clone('test/house.spec.ts'),
            status: 'failed',
            assertionResults: [passed, failed],
          },
          { name: clone('test/broken.spec.ts'), status: 'failed', assertionResults: [] },
          { name: clone('test/good.spec.ts'), status: 'passed', assertionResults: [passed] },
        ],
      },
      { TESTS: '1' },
    );
    expect(lines.slice(-3)).toEqual([
      '== failed: test/house.spec.ts: a house stands',
      '== failed: test/broken.spec.ts',
      '13 passed, 2 failed',
    ]);
  });

  it('says so where the tests told nothing', () => {
    expect(ci('', { TESTS: '1' })).toEqual(['10 passed, 1 failed', 1]);
    expect(ci('{"numPassedTests":')).toEqual(['10 passed, 1 failed', 1]);
  });

  it('ends in time where something hangs, and counts that as a failure', () => {
    const env = { HANG: '60', CI_LIMIT_SECONDS: '1' };
    expect(ci({ numPassedTests: 3 }, env)).toEqual(['13 passed, 1 failed', 1]);
  });

  it('says so where there is no other server to test on, and that is no failure', () => {
    const [lines, status] = run({ numPassedTests: 3 }, {});
    expect(lines.some((line) => line.startsWith('== on no other server: '))).toBe(true);
    expect(status).toBe(0);
    addTool('echo unreachable >&2; exit 1');
    expect(ci({ numPassedTests: 3 })).toEqual(['13 passed, 0 failed', 0]);
    expect(calls().at(-1)).toBe('on PATH');
  });

  it('tests on the servers that are given, and counts that, too', () => {
    addTool('echo /tool');
    const env = { TEST_REDIS_SERVERS: '/one:/two' };
    expect(ci({ numPassedTests: 3 }, env)).toEqual(['13 passed, 0 failed', 0]);
    expect(calls().at(-1)).toBe('on /one:/two');
  });

  it('tests on that of the PATH, and on the servers that the tool beside the clone provides', () => {
    addTool('printf "/one\\n/two\\n"');
    expect(ci({ numPassedTests: 3 })).toEqual(['13 passed, 0 failed', 0]);
    expect(calls().at(-1)).toBe('on PATH:/one:/two');
  });

  it('counts what fails on other servers, with that of the suite', () => {
    const results = { numPassedTests: 3, numFailedTests: 1 };
    const onServers = (counts: object, env: Record<string, string> = {}) => ({
      ...{ TESTS: '1', SERVERS: '1', TEST_REDIS_SERVERS: '/one' },
      ON_SERVERS: JSON.stringify(counts),
      ...env,
    });
    const both = onServers({ numPassedTests: 8, numFailedTests: 2 });
    expect(ci(results, both)).toEqual(['11 passed, 3 failed', 1]);
    expect(ci(results, onServers({}))).toEqual(['3 passed, 2 failed', 1]);
    expect(ci(results, onServers({}, { LINT: '1' }))).toEqual(['3 passed, 3 failed', 1]);
  });
});
