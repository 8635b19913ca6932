import { spawnSync } from 'node:child_process';
import { CliProcess, LAUNCHER, type CliResult } from './cli-process.js';

/** Runs a command on a pseudo terminal of so many columns, types a text, and copies what is shown. */
const PTY = `
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[3], sys.argv[3:])
os.write(terminal, sys.argv[2].encode())
while True:
    try:
        shown = os.read(terminal, 65536)
    except OSError:
        break
    if not shown:
        break
    os.write(1, shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** Whether this machine can run a command on a terminal for us: that takes Python. */
export const HAS_TERMINAL =
  spawnSync('python3', ['-c', 'import os, pty; os.waitstatus_to_exitcode']).status === 0;

/**
 * Runs the `lightbus` command to its end on a terminal; 0 columns are one without a size.
 *
 * @param typed what somebody types at once, which is shown, too.
 */
export function lightbusOnTerminal(
  args: readonly string[],
  columns: number,
  env: Readonly<Record<string, string | undefined>> = {},
  typed = '',
): Promise<CliResult> {
  const pty = ['python3', '-c', PTY, String(columns), typed] as const;
  const program = [...pty, process.execPath, LAUNCHER] as const;
  // Jest sets FORCE_COLOR for its workers; Node takes a terminal of an unknown CI for a plain one.
  const none = { FORCE_COLOR: undefined, NO_COLOR: undefined, CI: undefined };
  const plain = { TERM: 'xterm-256color', ...none };
  return new CliProcess(args, { program, env: { ...plain, ...env } }).result;
}
