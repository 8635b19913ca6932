import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const TSC = createRequire(import.meta.url).resolve('typescript/bin/tsc');

/**
 * Builds `dist/` where `lib/` has changed since: worker processes and the package are made of it.
 *
 * Types are not checked here, as Jest doesn't either; `npm run lint` and `npm run build` do.
 * `dist/` is replaced in one step, never deleted first: another run may be reading it.
 */
export function buildLibrary() {
  if (existsSync('dist/index.js') && statSync('dist/index.js').mtimeMs > newest('lib')) return;
  const next = `dist.${process.pid}`;
  try {
    const tsc = spawnSync(
      process.execPath,
      [TSC, '-p', 'tsconfig.build.json', '--outDir', next, '--noCheck'],
      { stdio: 'inherit' },
    );
    if (tsc.status !== 0) {
      throw new Error(`tsc could not build lib/ (exit code ${tsc.status}); see its output above.`);
    }
    const old = `${next}.old`;
    if (existsSync('dist')) renameSync('dist', old);
    renameSync(next, 'dist');
    rmSync(old, { recursive: true, force: true });
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}

/** When anything below a directory, or the set of its files, was last changed. */
function newest(dir) {
  const entries = readdirSync(dir, { recursive: true }).map((entry) => join(dir, entry));
  return Math.max(...[dir, ...entries].map((path) => statSync(path).mtimeMs));
}
