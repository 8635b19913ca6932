import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { maskPath } from '../checks/mask.js';
import type { Violation } from '../options/option.js';
import { decodeText, LARGEST_TEXT } from './parse-text.js';

/** Reads a configuration file of at most 1 MiB. Returns what is in the way instead of throwing. */
export async function readConfigFile(path: string): Promise<string | Violation> {
  const file = resolve(path);
  try {
    const stats = await stat(file);
    // Anything else than a file might never end.
    if (!stats.isFile()) return { expected: 'a file', found: `${resolve(maskPath(path))} is none` };
    if (stats.size > LARGEST_TEXT) {
      return { expected: 'a file of at most 1 MiB', found: `${stats.size} bytes` };
    }
    const text = decodeText(await readFile(file));
    return text ?? { expected: 'text in UTF-8', found: 'other bytes' };
  } catch (error) {
    return { expected: 'a readable file', found: describeFailure(error, path) };
  }
}

function describeFailure(error: unknown, path: string): string {
  const { code } = error as NodeJS.ErrnoException;
  const file = resolve(maskPath(path));
  const tried = isAbsolute(path) ? file : `${file} (the working directory is ${process.cwd()})`;
  if (code === 'ENOENT') return `no file at ${tried}`;
  if (code === 'EACCES') return `no permission to read ${tried}`;
  return `${code ?? 'an error'} on reading ${tried}`;
}
