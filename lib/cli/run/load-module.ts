import 'reflect-metadata';
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DynamicModule, Type } from '@nestjs/common';
import { moduleFileFromEnvironment } from '../../config/sources/environment.js';
import { CommandError } from '../command-error.js';

/** Where `run` looks for the application if nobody says: what `nest build` makes, unless configured. */
const DEFAULT_FILE = 'dist/app.module.js';

/** A module that Nest can start an application with. */
export type RootModule = Type<object> | DynamicModule;

/** A root module and the file that it came from. */
export interface LoadedModule {
  readonly module: RootModule;
  /** Absolute path. */
  readonly file: string;
  /** Name of the export. */
  readonly name: string;
}

/**
 * Loads the root module of a built application, an ES module or a CommonJS one: `--bus`, else
 * `LIGHTBUS_MODULE`, else `dist/app.module.js` of the current folder.
 *
 * @param bus `file` or `file#Export`. Without an export's name, the file's only Nest module, or the
 *   one named `AppModule`.
 * @throws CommandError that says where it looked and what is there.
 */
export async function loadModule(bus: string | undefined): Promise<LoadedModule> {
  const reference = bus ?? moduleFileFromEnvironment() ?? DEFAULT_FILE;
  const { file, exportName } = parseReference(reference);
  if (!isFile(file)) {
    const problem = existsSync(file) ? `${file} is no file` : `There is no ${file}`;
    throw new CommandError(
      `${problem}. Build the application first, or name the built file that exports its ` +
        'Nest module: --bus ./dist/app.module.js, or LIGHTBUS_MODULE in the environment.',
    );
  }
  const exported = exportsOf(await importFile(file));
  const name = exportName ?? findModule(file, exported);
  const module = exported.get(name);
  if (isRootModule(module)) return { module, file, name };
  const what = exported.has(name)
    ? `${name} of ${file} is no Nest module`
    : `${file} has no ${name}`;
  throw new CommandError(`${what}. It exports ${describe(exported)}.`);
}

/** Whether a module file is there to be loaded, for commands that can do without one. */
export function isModuleNamedOrBuilt(bus: string | undefined): boolean {
  return Boolean(bus ?? moduleFileFromEnvironment()) || existsSync(resolve(DEFAULT_FILE));
}

function parseReference(reference: string): { file: string; exportName: string | undefined } {
  const hash = reference.lastIndexOf('#');
  const path = hash < 0 ? reference : reference.slice(0, hash);
  const exportName = hash < 0 ? undefined : reference.slice(hash + 1) || undefined;
  const file = resolve(path);
  // As TypeScript's own imports, without the ending.
  return { file: !isFile(file) && isFile(`${file}.js`) ? `${file}.js` : file, exportName };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

async function importFile(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const hint = file.endsWith('.ts')
      ? ' It is TypeScript: name the file that was built of it.'
      : '';
    throw new CommandError(`${file} can't be loaded: ${reason}.${hint}`, { cause: error });
  }
}

// Node does not see every export of a CommonJS module; those are in the default one.
function exportsOf(namespace: Record<string, unknown>): Map<string, unknown> {
  const { default: fallback } = namespace;
  const hidden = typeof fallback === 'object' && fallback !== null ? Object.entries(fallback) : [];
  return new Map([...hidden, ...Object.entries(namespace)]);
}

function findModule(file: string, exported: ReadonlyMap<string, unknown>): string {
  const names = [...exported].filter(([, value]) => isRootModule(value)).map(([name]) => name);
  const distinct = new Set(names.map((name) => exported.get(name)));
  const [first] = names;
  if (first !== undefined && distinct.size === 1) return first;
  if (names.includes('AppModule')) return 'AppModule';
  if (first === undefined) {
    throw new CommandError(`${file} exports no Nest module. It exports ${describe(exported)}.`);
  }
  throw new CommandError(
    `${file} exports several Nest modules: ${names.join(', ')}. Name one: --bus ${file}#${first}`,
  );
}

// `@Module` leaves nothing on a class but these, of those that it was given.
const MODULE_METADATA = ['imports', 'providers', 'controllers', 'exports'];

function isRootModule(value: unknown): value is RootModule {
  if (typeof value === 'function') {
    return MODULE_METADATA.some((key) => Reflect.hasMetadata(key, value));
  }
  return typeof value === 'object' && value !== null && 'module' in value;
}

function describe(exported: ReadonlyMap<string, unknown>): string {
  return [...exported.keys()].join(', ') || 'nothing';
}
