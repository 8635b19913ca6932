import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { owned } from '../support/owned.js';

const NOT_IN_A_CLONE = /^(node_modules|\.git|\.redis|coverage|dist(\..*)?)$/;

/** A copy of this repository as it is after `git clone` and `npm ci`: nothing is built. */
export function copyRepository(): string {
  const dir = mkdtempSync(join(tmpdir(), 'nestjs-lightbus-clone-'));
  owned().addDirectory(dir);
  cpSync('.', dir, {
    recursive: true,
    filter: (path) => !NOT_IN_A_CLONE.test(basename(path)),
  });
  mkdirSync(join(dir, 'node_modules'));
  for (const name of readdirSync('node_modules')) {
    const installed = resolve('node_modules', name);
    // The links of npm's workspaces lead to the copy, as they are relative.
    const target = lstatSync(installed).isSymbolicLink() ? readlinkSync(installed) : installed;
    symlinkSync(target, join(dir, 'node_modules', name));
  }
  return dir;
}
