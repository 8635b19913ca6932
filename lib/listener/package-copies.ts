import 'reflect-metadata';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DecoratedMethods } from './decorated-methods.js';
import { eventHandlers, type HandlerKey } from './handler-registry.js';

/** One copy of this package, as the others see it. Every version since 0.2.0 has these two. */
interface Copy {
  /** The folder that it is in. */
  readonly folder: string;
  /** The methods that its `@OnEvent` was applied to, as far as their classes are still in memory. */
  readonly handlers: () => Iterable<HandlerKey>;
  /** The same of its other decorators, by their names; 0.2.0 and later. */
  readonly others?: ReadonlyMap<string, () => Iterable<HandlerKey>>;
}

/** A method whose `@OnEvent` is that of another copy of the package. */
export interface ForeignHandler extends HandlerKey {
  /** The other copy's folder; `undefined` for 0.1.0, which does not tell. */
  readonly folder: string | undefined;
}

const COPIES = Symbol.for('nestjs-lightbus.handlers');

/** What 0.1.0 has left on a class and a method's name; it tells nobody else. */
const PARAMETERS_OF_0_1_0 = 'lightbus:handler_parameters';

/** The folder of this copy of the package. */
export const OWN_FOLDER = resolve(dirname(ownFile()), '../..');

const ownOthers = new Map<string, () => Iterable<HandlerKey>>();

const OWN_COPY: Copy = {
  folder: OWN_FOLDER,
  handlers: () => eventHandlers.all(),
  others: ownOthers,
};

allCopies().push(OWN_COPY);

/** The folders of the other copies of this package that are loaded, each once. */
export function otherFolders(): string[] {
  return [...new Set(otherCopies().map(({ folder }) => folder))];
}

/** Tells other copies of the package of the methods of a decorator beside `@OnEvent`. */
export function tellCopies<Metadata>(methods: DecoratedMethods<Metadata>): void {
  ownOthers.set(methods.decorator, () => methods.all());
}

/** The methods of these classes that another copy of the package knows as those of this decorator. */
export function foreignMethods(prototypes: readonly object[], decorator: string): ForeignHandler[] {
  const isOnEvent = decorator === eventHandlers.decorator;
  const told = otherCopies().flatMap(({ folder, handlers, others }) => {
    const known = isOnEvent ? handlers() : (others?.get(decorator)?.() ?? []);
    return [...known].map(({ prototype, methodName }) => ({ prototype, methodName, folder }));
  });
  if (!isOnEvent) return told.filter(({ prototype }) => prototypes.includes(prototype));
  const untold = prototypes.flatMap((prototype) =>
    Object.getOwnPropertyNames(prototype)
      .filter((methodName) => isOf0_1_0(prototype, methodName))
      .map((methodName) => ({ prototype, methodName, folder: undefined })),
  );
  return [...told.filter(({ prototype }) => prototypes.includes(prototype)), ...untold];
}

function isOf0_1_0(prototype: object, methodName: string): boolean {
  const type: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return (
    typeof type === 'function' && Reflect.hasOwnMetadata(PARAMETERS_OF_0_1_0, type, methodName)
  );
}

function otherCopies(): Copy[] {
  return allCopies().filter((copy): copy is Copy => copy !== OWN_COPY && isCopy(copy));
}

function allCopies(): unknown[] {
  const shared = globalThis as { [COPIES]?: unknown };
  if (!Array.isArray(shared[COPIES])) shared[COPIES] = [];
  return shared[COPIES] as unknown[];
}

// A version that is not written yet may put something else there.
function isCopy(value: unknown): boolean {
  const copy = Object(value) as Record<string, unknown>;
  return typeof copy.folder === 'string' && typeof copy.handlers === 'function';
}

// Not `import.meta.url`: Jest may have compiled this file to CommonJS, where that is a syntax error.
function ownFile(): string {
  const format: unknown = Reflect.get(Error, 'prepareStackTrace');
  try {
    Error.prepareStackTrace = (_, frames) => frames[0]?.getFileName();
    const file: unknown = new Error('where').stack;
    if (typeof file !== 'string') return process.cwd();
    return file.startsWith('file:') ? fileURLToPath(file) : file;
  } finally {
    Reflect.set(Error, 'prepareStackTrace', format);
  }
}
