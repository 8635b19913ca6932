import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { owned } from './owned.js';

// Does nothing of what npm does: fails or hangs as the test says, and writes Jest's results.
const NPM = `#!/bin/sh
echo "npm $*" >> "$CALLS"
case "$1 $2" in
  'run lint') exit "\${LINT:-0}" ;;
  'test --')
    for arg; do
      case $arg in --outputFile=*) printf %s "$RESULTS" > "\${arg#--outputFile=}" ;; esac
    done
    sleep "\${HANG:-0}"
    exit "\${TESTS:-0}" ;;
esac
`;

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-ci-'));
  owned().addDirectory(dir);
  writeFileSync(join(dir, 'npm'), NPM, { mode: 0o755 });
});

/** The last line that `.ci/run` prints, and its exit code. */
function ci(results: object | string, env: Record<string, string> = {}): [string, number | null] {
  const { stdout, status } = spawnSync('.ci/run', {
    encoding: 'utf8',
    timeout: 30_000,
    env: {
      ...process.env,
      PATH: `${dir}:${process.env.PATH}`,
      CALLS: join(dir, 'calls'),
      RESULTS: typeof results === 'string' ? results : JSON.stringify(results),
      ...env,
    },
  });
  return [stdout.trimEnd().split('\n').at(-1) ?? '', status];
}

describe('.ci/run', () => {
  it("runs README's test command and counts what passed", () => {
    expect(ci({ numPassedTests: 3 })).toEqual(['3 passed, 0 failed', 0]);
    const calls = readFileSync(join(dir, 'calls'), 'utf8').split('\n');
    expect(calls.slice(0, 3)).toEqual(['npm ci', 'npm run lint', 'npm run build']);
    expect(calls[3]).toMatch(/^npm test -- --json /);
  });

  it('counts failed tests, files and steps, each once', () => {
    const results = { numPassedTests: 3, numFailedTests: 1, numRuntimeErrorTestSuites: 1 };
    expect(ci(results, { TESTS: '1' })).toEqual(['3 passed, 2 failed', 1]);
    expect(ci(results, { TESTS: '1', LINT: '1' })).toEqual(['3 passed, 3 failed', 1]);
    expect(ci({ numPassedTests: 3 }, { LINT: '1' })).toEqual(['3 passed, 1 failed', 1]);
  });

  it('says so where the tests told nothing', () => {
    expect(ci('', { TESTS: '1' })).toEqual(['0 passed, 1 failed', 1]);
    expect(ci('{"numPassedTests":')).toEqual(['0 passed, 1 failed', 1]);
  });

  it('ends in time where something hangs, and counts that as a failure', () => {
    const env = { HANG: '60', CI_LIMIT_SECONDS: '1' };
    expect(ci({ numPassedTests: 3 }, env)).toEqual(['3 passed, 1 failed', 1]);
  });
});
