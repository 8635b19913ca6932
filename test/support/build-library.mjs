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
  build('lib', 'tsconfig.build.json', 'dist', 'index.js');
}

/** The same for the sample application. */
export function buildSample() {
  build('sample-app/src', 'sample-app/tsconfig.json', 'sample-app/dist', 'main.js');
}

function build(source, project, target, file) {
  const built = join(target, file);
  if (existsSync(built) && statSync(built).mtimeMs > newest(source)) return;
  const next = `${target}.${process.pid}`;
  try {
    const tsc = spawnSync(process.execPath, [TSC, '-p', project, '--outDir', next, '--noCheck'], {
      stdio: 'inherit',
    });
    if (tsc.status !== 0) {
      throw new Error(
        `tsc could not build ${source} (exit code ${tsc.status}); see its output above.`,
      );
    }
    const old = `${next}.old`;
    if (existsSync(target)) renameSync(target, old);
    renameSync(next, target);
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
