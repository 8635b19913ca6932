import { findRecord, handlersOf, type HandlerRecord } from './handler-registry.js';
import { foreignHandlers, OWN_FOLDER, type ForeignHandler } from './package-copies.js';

/** A method that `@OnEvent` was applied to, and that an object has. */
export interface FoundHandler {
  readonly record: HandlerRecord;
  readonly methodName: string;
  /** How its class defines it now: decorators may have replaced the method, or made it an accessor. */
  readonly descriptor: PropertyDescriptor;
}

/** What became of all the `@OnEvent`s on an object's classes. */
export interface HandlerLookup {
  readonly found: readonly FoundHandler[];
  /** Methods in whose place a subclass has one with an `@OnEvent` of its own. */
  readonly replaced: readonly HandlerRecord[];
  /** Methods in whose place the object has one without, and why. */
  readonly lost: readonly { readonly record: HandlerRecord; readonly reason: string }[];
  /** Methods that are known to another copy of this package only, in sentences. */
  readonly foreign: readonly string[];
}

/** Looks methods up on an object as a caller would, without calling anything, getters included. */
export function lookUpHandlers(instance: object): HandlerLookup {
  const prototypes = prototypesOf(instance);
  const names = new Set(prototypes.flatMap(decoratedNames));
  const lookups = [...names].map((methodName) => lookUp(prototypes, methodName));
  return {
    found: lookups.flatMap(({ found }) => found),
    replaced: lookups.flatMap(({ replaced }) => replaced),
    lost: lookups.flatMap(({ lost }) => lost),
    foreign: foreignHandlers(prototypes)
      .filter((handler) => !isReplaced(handler, prototypes))
      .map(describeForeign),
  };
}

/** `Class.method`, for messages to people. */
export function describeHandler({ prototype, methodName }: ForeignHandler | HandlerRecord): string {
  return `${nameOf(prototype)}.${methodName}`;
}

function lookUp(prototypes: readonly object[], methodName: string): HandlerLookup {
  const end = prototypes.findIndex((prototype) => Object.hasOwn(prototype, methodName));
  const found: FoundHandler[] = [];
  const replaced: HandlerRecord[] = [];
  const lost: { record: HandlerRecord; reason: string }[] = [];
  for (const [i, prototype] of prototypes.entries()) {
    const record = findRecord({ prototype, methodName });
    if (!record) continue;
    const descriptor = Object.getOwnPropertyDescriptor(prototype, methodName);
    if (!descriptor) lost.push({ record, reason: describeRemoved(record) });
    else if (i === end) found.push({ record, methodName, descriptor });
    else if (found.length > 0) replaced.push(record);
    else lost.push({ record, reason: describeOverridden(record, nameOf(prototypes[end])) });
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

function decoratedNames(prototype: object): string[] {
  return [
    ...handlersOf(prototype).map(({ methodName }) => methodName),
    ...Object.getOwnPropertyNames(prototype).filter((methodName) =>
      findRecord({ prototype, methodName }),
    ),
  ];
}

// By a subclass's method that we know: whoever wrote it meant it to be called instead.
function isReplaced(handler: ForeignHandler, prototypes: readonly object[]): boolean {
  const { prototype, methodName } = handler;
  const below = prototypes.slice(0, prototypes.indexOf(prototype));
  const end = below.find((one) => Object.hasOwn(one, methodName));
  return end !== undefined && findRecord({ prototype: end, methodName }) !== undefined;
}

function describeOverridden(record: HandlerRecord, by: string): string {
  const { methodName } = record;
  return (
    `${describeHandler(record)} has an @OnEvent and would never be called: ${by} has a method of its ` +
    `own in its place, without one. Put @OnEvent on ${by}.${methodName}, too, or give one of them ` +
    'another name. (It may be a class decorator that overrides methods.)'
  );
}

function describeRemoved(record: HandlerRecord): string {
  return (
    `${describeHandler(record)} has an @OnEvent and would never be called: its class has no such ` +
    'method any more. A decorator has taken it away, or moved it.'
  );
}

function describeForeign(handler: ForeignHandler): string {
  const { folder = 'version 0.1.0' } = handler;
  const which =
    folder === OWN_FOLDER
      ? `the same files, loaded a second time (${folder}; jest.resetModules does that)`
      : `${folder}, and this application runs ${OWN_FOLDER}`;
  return (
    `${describeHandler(handler)} would never be called: its @OnEvent is that of another copy of ` +
    `nestjs-lightbus: ${which}. Leave one: npm ls nestjs-lightbus shows who needs which.`
  );
}

function nameOf(prototype: object | undefined): string {
  const type: unknown = prototype?.constructor;
  return typeof type === 'function' && type.name !== '' ? type.name : 'a class without a name';
}
