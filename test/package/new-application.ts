import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { outsideEnvironment } from '../support/outside-environment.js';
import { owned } from '../support/owned.js';

const execute = promisify(execFile);

/** How `nest new` writes `module` into tsconfig.json: first `commonjs`, later `nodenext`. */
export type ModuleOption = 'commonjs' | 'nodenext';

// The rest of its tsconfig.json, with all that `strict` means. Nothing tells how to find modules.
const COMPILER_OPTIONS = {
  target: 'ES2023',
  declaration: true,
  types: ['node'],
  strict: true,
  isolatedModules: true,
  skipLibCheck: true,
  allowSyntheticDefaultImports: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
};

/** What a command printed. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** The package as `npm pack` makes it from the build. */
export interface PackedPackage {
  /** Path of the tarball. */
  readonly tarball: string;
  /** Paths inside the package. */
  readonly files: readonly string[];
}

/** Packs this repository; the build is there already, Jest's global setup makes it. */
export async function pack(): Promise<PackedPackage> {
  const dir = await temporaryDirectory();
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', dir], process.cwd());
  const [name, ...others] = await readdir(dir);
  if (!name || others.length > 0) throw new Error(`npm pack made ${others.length + 1} files`);
  const { stdout } = await run('tar', ['-tzf', name], dir);
  const files = stdout.trim().split('\n');
  return { tarball: join(dir, name), files: files.map((file) => file.replace(/^package\//, '')) };
}

/** An application in a directory of its own, outside of this repository. */
export class NewApplication {
  private constructor(readonly dir: string) {}

  /**
   * Makes `package.json` and installs it, from npm's cache where that has the packages.
   *
   * @param type module system of the application's own files.
   */
  static async create(
    type: 'module' | 'commonjs',
    dependencies: Readonly<Record<string, string>>,
  ): Promise<{ app: NewApplication; installed: Output }> {
    const dir = await temporaryDirectory();
    const manifest = { name: 'new-application', version: '1.0.0', type, dependencies };
    await writeFile(join(dir, 'package.json'), JSON.stringify(manifest));
    const installed = await run('npm', ['install', '--prefer-offline', '--no-audit'], dir);
    return { app: new NewApplication(dir), installed };
  }

  /** One without an installation: with this repository's build, and its packages. */
  static async linked(): Promise<NewApplication> {
    const app = new NewApplication(await temporaryDirectory());
    await app.write('package.json', JSON.stringify({ type: 'module' }));
    await symlink(resolve('node_modules'), join(app.dir, 'node_modules'));
    return app;
  }

  /** Compiles its `main.ts`, with its own TypeScript. */
  async compile(module: ModuleOption): Promise<Output> {
    await this.configureTypeScript(module);
    return this.node(['node_modules/typescript/bin/tsc', '-p', '.']);
  }

  /** Checks all of its TypeScript by that compiler, with the options of a new Nest project. */
  async check(): Promise<Output> {
    const compilerOptions = { ...COMPILER_OPTIONS, module: 'nodenext', noEmit: true };
    await this.write('tsconfig.json', JSON.stringify({ compilerOptions }));
    return this.node(['node_modules/typescript/bin/tsc', '-p', '.']);
  }

  /** Writes the tsconfig.json of a new Nest project that consists of these files, and of what they import. */
  async configureTypeScript(
    module: ModuleOption,
    files: readonly string[] = ['main.ts'],
  ): Promise<void> {
    const compilerOptions = { ...COMPILER_OPTIONS, module };
    await this.write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
  }

  /** Adds a copy of a file to it. */
  async copy(source: string, name: string): Promise<void> {
    await copyFile(source, join(this.dir, name));
  }

  /** Adds a file to it, and the folders above. */
  async write(name: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.dir, name)), { recursive: true });
    await writeFile(join(this.dir, name), text);
  }

  /** Gives a folder of it copies of its own of packages that are installed. */
  async duplicatePackages(folder: string, names: readonly string[]): Promise<void> {
    for (const name of names) {
      const source = join(this.dir, 'node_modules', name);
      await cp(source, join(this.dir, folder, 'node_modules', name), { recursive: true });
    }
  }

  /** Runs JavaScript in the application's directory. */
  async node(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Output> {
    return run(process.execPath, args, this.dir, env);
  }
}

async function temporaryDirectory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'nestjs-lightbus-package-'));
  owned().addDirectory(dir);
  return dir;
}

async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Output> {
  try {
    return await execute(command, args, {
      cwd,
      env: { ...outsideEnvironment(), ...env },
      timeout: 240_000,
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as Partial<Output>;
    throw new Error(`${command} ${args.join(' ')} failed in ${cwd}:\n${stdout}${stderr}`, {
      cause: error,
    });
  }
}
