import type { DecoratedMethods, MethodKey, MethodRecord } from './decorated-methods.js';
import { foreignMethods, OWN_FOLDER, type ForeignHandler } from './package-copies.js';

/** A method that the decorator was applied to, and that an object has. */
export interface FoundHandler<Metadata> {
  readonly record: MethodRecord<Metadata>;
  readonly methodName: string;
  /** How its class defines it now: decorators may have replaced the method, or made it an accessor. */
  readonly descriptor: PropertyDescriptor;
}

/** What became of all the decorators of one kind on an object's classes. */
export interface HandlerLookup<Metadata> {
  /** Those of the object's own class first, each class's as they were declared. */
  readonly found: readonly FoundHandler<Metadata>[];
  /** Methods in whose place a subclass has one with such a decorator of its own. */
  readonly replaced: readonly MethodRecord<Metadata>[];
  /** Methods in whose place the object has one without, and why. */
  readonly lost: readonly { readonly record: MethodRecord<Metadata>; readonly reason: string }[];
  /** Methods that are known to another copy of this package only, in sentences. */
  readonly foreign: readonly string[];
}

/** Looks methods up on an object as a caller would, without calling anything, getters included. */
export function lookUpHandlers<Metadata>(
  instance: object,
  methods: DecoratedMethods<Metadata>,
): HandlerLookup<Metadata> {
  const prototypes = prototypesOf(instance);
  const names = new Set(prototypes.flatMap((prototype) => decoratedNames(prototype, methods)));
  const lookups = [...names].map((methodName) => lookUp(prototypes, methodName, methods));
  return {
    found: lookups.flatMap(({ found }) => found),
    replaced: lookups.flatMap(({ replaced }) => replaced),
    lost: lookups.flatMap(({ lost }) => lost),
    foreign: foreignMethods(prototypes, methods.decorator)
      .filter((handler) => !isReplaced(handler, prototypes, methods))
      .map((handler) => describeForeign(handler, methods.decorator)),
  };
}

/** `Class.method`, for messages to people. */
export function describeHandler({ prototype, methodName }: MethodKey): string {
  return `${nameOf(prototype)}.${methodName}`;
}

function lookUp<Metadata>(
  prototypes: readonly object[],
  methodName: string,
  methods: DecoratedMethods<Metadata>,
): HandlerLookup<Metadata> {
  const { decorator } = methods;
  const end = prototypes.findIndex((prototype) => Object.hasOwn(prototype, methodName));
  const found: FoundHandler<Metadata>[] = [];
  const replaced: MethodRecord<Metadata>[] = [];
  const lost: { record: MethodRecord<Metadata>; reason: string }[] = [];
  for (const [i, prototype] of prototypes.entries()) {
    const record = methods.find({ prototype, methodName });
    if (!record) continue;
    const descriptor = Object.getOwnPropertyDescriptor(prototype, methodName);
    if (!descriptor) lost.push({ record, reason: describeRemoved(record, decorator) });
    else if (i === end) found.push({ record, methodName, descriptor });
    else if (found.length > 0) replaced.push(record);
    else {
      const reason = describeOverridden(record, nameOf(prototypes[end]), decorator);
      lost.push({ record, reason });
    }
  }
  return { found, replaced, lost, foreign: [] };
}

function prototypesOf(instance: object): object[] {
  const prototypes: object[] = [];
  let prototype = Object.getPrototypeOf(instance) as object | null;
  while (prototype !== null && prototype !== Object.prototype) {
    prototypes.push(prototype);
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return prototypes;
}

function decoratedNames<Metadata>(
  prototype: object,
  methods: DecoratedMethods<Metadata>,
): string[] {
  return [
    ...methods.of(prototype).map(({ methodName }) => methodName),
    ...Object.getOwnPropertyNames(prototype).filter((methodName) =>
      methods.find({ prototype, methodName }),
    ),
  ];
}

// By a subclass's method that we know: whoever wrote it meant it to be called instead.
function isReplaced<Metadata>(
  handler: ForeignHandler,
  prototypes: readonly object[],
  methods: DecoratedMethods<Metadata>,
): boolean {
  const { prototype, methodName } = handler;
  const below = prototypes.slice(0, prototypes.indexOf(prototype));
  const end = below.find((one) => Object.hasOwn(one, methodName));
  return end !== undefined && methods.find({ prototype: end, methodName }) !== undefined;
}

function describeOverridden(record: MethodKey, by: string, decorator: string): string {
  const { methodName } = record;
  return (
    `${describeHandler(record)} has an ${decorator} and would never be called: ${by} has a method of its ` +
    `own in its place, without one. Put ${decorator} on ${by}.${methodName}, too, or give one of them ` +
    'another name. (It may be a class decorator that overrides methods.)'
  );
}

function describeRemoved(record: MethodKey, decorator: string): string {
  return (
    `${describeHandler(record)} has an ${decorator} and would never be called: its class has no such ` +
    'method any more. A decorator has taken it away, or moved it.'
  );
}

function describeForeign(handler: ForeignHandler, decorator: string): string {
  const { folder = 'version 0.1.0' } = handler;
  const which =
    folder === OWN_FOLDER
      ? `the same files, loaded a second time (${folder}; jest.resetModules does that)`
      : `${folder}, and this application runs ${OWN_FOLDER}`;
  return (
    `${describeHandler(handler)} would never be called: its ${decorator} is that of another copy of ` +
    `nestjs-lightbus: ${which}. Leave one: npm ls nestjs-lightbus shows who needs which.`
  );
}

function nameOf(prototype: object | undefined): string {
  const type: unknown = prototype?.constructor;
  return typeof type === 'function' && type.name !== '' ? type.name : 'a class without a name';
}
