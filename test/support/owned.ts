/** What a test file has started and must not outlive it; see `owning-environment.mjs`. */
export interface Owned {
  /** Calls `end` after the file's last hook; the last one first. */
  onEnd(end: () => Promise<void> | void): void;
  /** A child process that is killed at the end, if it is still there. */
  addProcess(pid: number): void;
  /** The child has exited: its id may soon belong to somebody else. */
  removeProcess(pid: number): void;
  /** A directory that is deleted at the end. */
  addDirectory(dir: string): void;
}

const KEY = Symbol.for('nestjs-lightbus.test.owned');

/** Where to say what was started. Only inside Jest. */
export function owned(): Owned {
  const found = (globalThis as { [KEY]?: Owned })[KEY];
  if (!found) throw new Error('Nothing would end this process: run it under our jest.config.mjs.');
  return found;
}
