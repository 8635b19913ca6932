import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A system without `redis-server` on its PATH, whose `/usr/sbin` and `/run/systemd` are a test's own. */
export class FakeSystem {
  readonly path: string;
  readonly policy: string;
  private readonly root: string;
  private readonly log: string;

  constructor(dir: string) {
    this.path = join(dir, 'bin');
    this.root = join(dir, 'root');
    this.policy = join(this.root, 'usr/sbin/policy-rc.d');
    this.log = join(dir, 'commands.log');
    mkdirSync(this.path);
    mkdirSync(join(this.root, 'usr/sbin'), { recursive: true });
    for (const name of ['chmod', 'ln', 'rm', 'sed', 'true'])
      symlinkSync(commandPath(name), this.bin(name));
    const moved = `s#/usr/sbin#${this.root}&#g; s#/run/systemd#${this.root}&#g`;
    this.command('sh', `exec /bin/sh -c "$(printf %s "$2" | sed '${moved}')"`);
  }

  /** Commands that were called, in order. */
  get calls(): string[] {
    return readFileSync(this.log, { encoding: 'utf8', flag: 'a+' }).split('\n').slice(0, -1);
  }

  /** Lets systemd run here. */
  addSystemd(): void {
    mkdirSync(join(this.root, 'run/systemd/system'), { recursive: true });
    this.command('systemctl', `echo "systemctl $*" >> '${this.log}'`);
  }

  /** @param install what `apt-get install` does, in shell. By default it installs `redis-server`. */
  addAptGet(
    install = `ln -s '${commandPath('redis-server')}' '${this.bin('redis-server')}'`,
  ): void {
    this.command(
      'apt-get',
      `echo "apt-get $*" >> '${this.log}'
      case "$*" in *install*) '${this.policy}' || echo "policy-rc.d says $?" >> '${this.log}'
      ${install};; esac`,
    );
  }

  /** `sudo` that asks for no password, or (`isPermitted: false`) for one. */
  addSudo({ isPermitted }: { isPermitted: boolean }): void {
    const run = isPermitted
      ? 'shift; exec "$@"'
      : 'echo "sudo: a password is required" >&2; exit 1';
    this.command('sudo', `echo "sudo $1 $2" >> '${this.log}'; ${run}`);
  }

  private command(name: string, script: string): void {
    writeFileSync(this.bin(name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  private bin(name: string): string {
    return join(this.path, name);
  }
}

function commandPath(name: string): string {
  const places = (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, name));
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error(`There is no ${name} on the PATH.`);
  return found;
}
