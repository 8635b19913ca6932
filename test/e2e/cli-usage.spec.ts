import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { CliProcess, LAUNCHER, lightbus } from './cli-process.js';

const run = promisify(execFile);

const COMMANDS = [
  'run',
  'inspect',
  'status',
  'deadletters',
  'deadletters list',
  'deadletters redrive',
  'deadletters discard',
  'retire',
  'dashboard',
  'dumpschema',
  'dumpconfigschema',
];

describe('the lightbus command', () => {
  it.each([
    [[]],
    [['unknown']],
    [['run', '--unknown']],
    [['run', '--log-level', 'loud']],
    [['run', '--only', 'listeners']],
    [['run', '--only', 'events', '--skip', 'rpcs']],
    [['inspect', '--format', 'xml']],
    [['inspect', '--limit', '0']],
    [['inspect', '--version', 'one']],
    [['inspect', '--json-path', 'nothing']],
    [['inspect', '--since', 'yesterday']],
    [['inspect', '--native-id', 'x']],
    [['inspect', '--native-id', '1-1', '--follow']],
    [['inspect', '--follow', '--until', '2024-01-01']],
    [['status', '--watch', '0']],
    [['dashboard', '--port', '65536']],
    [['dumpschema', '--out']],
    [['deadletters', 'list', 'charge', '--format', 'yaml']],
    [['deadletters', 'discard', 'charge']],
    [['deadletters', 'redrive', 'charge', '1-1', '--event', 'placed']],
  ])('ends with 2 and says why, without a stack: %j', async (args) => {
    const { code, stdout, stderr } = await lightbus(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(args.length > 0 ? /^error: / : /^Usage: lightbus /);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each(COMMANDS)('%s --help ends with 0 and has an example', async (command) => {
    const { code, stdout, stderr } = await lightbus([...command.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: lightbus ${command}`);
    expect(stdout).toContain(`Example:\n  $ lightbus ${command}`);
  });

  it('documents its exit codes, and its version', async () => {
    const [help, version] = await Promise.all([lightbus(['--help']), lightbus(['--version'])]);
    expect(help.stdout).toMatch(/Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}130, 143 /);
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it('puts every mistake of a configuration on a line of its own', async () => {
    const env = { LIGHTBUS_CONFIG: 'missing.yaml', LIGHTBUS_PROCESS_NAME: '{nonsense}' };
    const { code, stderr } = await lightbus(['inspect'], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: The configuration of Lightbus can't be used; correct 2 mistakes/,
    );
    expect(stderr.trimEnd().split('\n')).toHaveLength(3);
  });

  it('ends quietly where nobody reads what it prints', async () => {
    const command = new CliProcess(['--help']);
    command.child.stdout?.destroy();
    expect(await command.result).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  (existsSync('/dev/full') ? it : it.skip)('says that a disk is full, in one line', async () => {
    const command = `"${process.execPath}" "${LAUNCHER}" dumpconfigschema > /dev/full`;
    const failure: unknown = await run('sh', ['-c', command]).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: ENOSPC.*\n$/),
    });
  });
});
