import { statSync } from 'node:fs';
import { resolve } from 'node:path';

const NAMES = ['lightbus.yaml', 'lightbus.yml', 'lightbus.json'];

/** Absolute path of the first of `lightbus.yaml`, `.yml` and `.json` that lies in the folder; `undefined` if none does. */
export function findConfig(folder = process.cwd()): string | undefined {
  return NAMES.map((name) => resolve(folder, name)).find(
    (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false,
  );
}
