import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { defaultMetadataStorage, missingLibraries, TypeDecorator } from './libraries.js';

/** The files that keep what decorators record, as both packages have them. */
const STORAGES = [
  { name: 'class-transformer', file: 'cjs/storage.js', member: 'defaultMetadataStorage' },
  {
    name: 'class-validator',
    file: 'cjs/metadata/MetadataStorage.js',
    member: 'getMetadataStorage',
  },
] as const;

interface Copy {
  readonly folder: string;
  readonly member: unknown;
}

/**
 * Tells of packages that are loaded more than once, in sentences: what decorators of one copy of
 * class-transformer record is unknown to the other one.
 *
 * @param events classes to look for among what another copy knows.
 */
export function describeSecondCopies(events: readonly Type<object>[]): string[] {
  if (missingLibraries() === undefined && !isOwnStorageUsed()) return [SPLIT_BY_BUNDLER];
  return STORAGES.flatMap(({ name, file, member }) => {
    const copies = loadedCopies(file, member);
    if (copies.length < 2) return [];
    const unknown = name === 'class-transformer' ? describeUnknown(events, copies) : SHARED_STORAGE;
    return [
      `${copies.length} copies of ${name} are loaded: ${copies.map(({ folder }) => folder).join(', ')}. ` +
        `${unknown} Leave one: npm ls ${name} shows who needs which.`,
    ];
  });
}

// A bundler that prefers ES modules takes `class-transformer` from its folder `esm5`, and the storage, which
// only has a name in `cjs`, from there.
const SPLIT_BY_BUNDLER =
  'class-transformer is in the bundle of this application twice, and events are cast by a copy of it that ' +
  'does not know any decorators (@Type, @Expose, @Exclude, @Transform): what they say of names and of nested ' +
  "classes does not count. Leave it out of the bundle, or let the bundler take 'main' before 'module' " +
  "(webpack: resolve.mainFields: ['main', 'module']).";

/** Whether what decorators record arrives where it is looked up. */
function isOwnStorageUsed(): boolean {
  const { prototype } = Probe;
  if (!defaultMetadataStorage.findTypeMetadata(Probe, 'probe')) {
    TypeDecorator(() => Probe)(prototype, 'probe');
  }
  return (defaultMetadataStorage.findTypeMetadata(Probe, 'probe') as unknown) !== undefined;
}

class Probe {
  probe?: unknown;
}

const SHARED_STORAGE =
  'Both keep their rules in one place, but what one version writes there the other may not know.';

function describeUnknown(events: readonly Type<object>[], copies: readonly Copy[]): string {
  const own = copies.find(({ member }) => member === defaultMetadataStorage);
  const others = copies.filter((copy) => copy !== own).map(({ member }) => typesOf(member));
  const known = [...others, typesOf(defaultMetadataStorage)];
  const names = withNested(events, known)
    .filter((type) => others.some(({ decorated }) => decorated.has(type)))
    .map(({ name }) => name);
  const place = own ? ` (${own.folder})` : '';
  return names.length === 0
    ? `Events are cast by one of them${place}; no event class has decorators of another.`
    : `Events are cast by one of them${place}, and it does not know the decorators (@Type, @Expose, ` +
        `@Exclude, @Transform) on ${names.join(', ')}: what they say of names and of nested classes does not count.`;
}

/** Which classes a copy of class-transformer knows, and which classes their properties have. */
interface Types {
  readonly decorated: ReadonlySet<unknown>;
  readonly nested: (type: unknown) => unknown[];
}

const MAPS = ['_typeMetadatas', '_transformMetadatas', '_exposeMetadatas', '_excludeMetadatas'];

function typesOf(storage: unknown): Types {
  const maps = MAPS.map((name) => (storage as Record<string, unknown>)[name]).filter(
    (map): map is ReadonlyMap<unknown, unknown> => map instanceof Map,
  );
  const types = (storage as { _typeMetadatas?: unknown })._typeMetadatas;
  return {
    decorated: new Set(maps.flatMap((map) => [...map.keys()])),
    nested: (type) => {
      const properties: unknown = types instanceof Map ? types.get(type) : undefined;
      return properties instanceof Map ? [...properties.values()].map(nestedType) : [];
    },
  };
}

// `@Type(() => Class)`. One that chooses by the value can't be asked without one.
function nestedType(metadata: unknown): unknown {
  const { typeFunction } = metadata as { typeFunction?: () => unknown };
  try {
    return typeFunction?.();
  } catch {
    return undefined;
  }
}

/** The classes, their parents, and those of their properties. */
function withNested(events: readonly Type<object>[], known: readonly Types[]): Type<object>[] {
  const all = new Set<Type<object>>();
  const add = (type: unknown): void => {
    if (typeof type !== 'function' || type === Function.prototype) return;
    if (all.has(type as Type<object>)) return;
    all.add(type as Type<object>);
    add(Object.getPrototypeOf(type));
    for (const { nested } of known) nested(type).forEach(add);
  };
  events.forEach(add);
  return [...all];
}

// In Node both packages are CommonJS, and everything of that kind is in one cache.
function loadedCopies(file: string, member: string): Copy[] {
  // Bundlers put nothing in its place: what is in a bundle is in no cache.
  const require = createRequire(join(process.cwd(), 'any.js')) as NodeJS.Require | undefined;
  const cache = require?.cache ?? {};
  const suffix = join('/', file);
  const copies = new Map<unknown, Copy>();
  for (const path of Reflect.ownKeys(cache)) {
    if (typeof path !== 'string' || !path.endsWith(suffix)) continue;
    const exported = (cache[path]?.exports as Record<string, unknown> | undefined)?.[member];
    if (exported !== undefined && !copies.has(exported)) {
      copies.set(exported, { folder: path.slice(0, -suffix.length), member: exported });
    }
  }
  return [...copies.values()];
}
