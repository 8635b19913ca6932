import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Has all processes that are started from now on measure another built package: a copy of it beside ours, so
 * that it and the bench take in the same Nest. It is removed at the end.
 */
export function useDist(folder) {
  if (folder === undefined) return;
  const copy = mkdtempSync(`${ROOT}dist.bench-`);
  cpSync(folder, copy, { recursive: true });
  process.env.LIGHTBUS_BENCH_DIST = `${pathToFileURL(copy).href}/`;
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
}
