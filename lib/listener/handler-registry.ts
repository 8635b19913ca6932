import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import type { OnEventOptions } from '../config/options/listener.options.js';
import type { EventSelection } from '../event/event-name.js';

/** One selected event, or all events of an API (`eventName` `'*'`), and the class to cast to. */
export interface ListenerSelection extends EventSelection {
  readonly type?: Type<object>;
}

/** What {@link OnEvent} records on a method. */
export interface OnEventMetadata {
  readonly selections: readonly ListenerSelection[];
  readonly options: OnEventOptions;
}

/** A method with `@OnEvent`, by its class's prototype and its name. */
export interface HandlerKey {
  readonly prototype: object;
  readonly methodName: string;
}

/** What this copy of the package knows of one such method. */
export interface HandlerRecord extends HandlerKey {
  /** One for each decorator, the topmost first. */
  readonly metadata: OnEventMetadata[];
  /** The method as its decorators found it: other decorators may have wrapped it before, or after. */
  readonly functions: Set<object>;
  /** Whether it is, or was, a listener of an application in this process. */
  isListener: boolean;
  /** Whether it was told that no provider has it. */
  wasTold: boolean;
}

/** Where a function says whose it is, for classes that take methods over from others (mixins). */
const RECORD = Symbol('LIGHTBUS_HANDLER');

const records = new WeakMap<object, Map<string, HandlerRecord>>();
// Weakly: a class that nobody can use any more is no concern of anybody.
const prototypes = new Set<WeakRef<object>>();

/** Adds what one `@OnEvent` says of a method. Not to the function alone: another decorator may replace it. */
export function recordHandler(
  { prototype, methodName }: HandlerKey,
  method: object,
  metadata: OnEventMetadata,
): void {
  const record = ownRecord(prototype, methodName) ?? addRecord({ prototype, methodName });
  record.metadata.unshift(metadata);
  record.functions.add(method);
  // Until all decorators have been applied, this is what the author wrote.
  const written: unknown = Object.getOwnPropertyDescriptor(prototype, methodName)?.value;
  if (typeof written === 'function') record.functions.add(written);
  Reflect.defineMetadata(RECORD, record, method);
}

/** Every method that this copy's `@OnEvent` was applied to. */
export function handlers(): HandlerRecord[] {
  const all: HandlerRecord[] = [];
  for (const reference of prototypes) {
    const prototype = reference.deref();
    if (prototype) all.push(...(records.get(prototype)?.values() ?? []));
    else prototypes.delete(reference);
  }
  return all;
}

/** The event classes that any `@OnEvent` of this process selects. */
export function selectedTypes(): Type<object>[] {
  const selections = handlers().flatMap(({ metadata }) =>
    metadata.flatMap((one) => one.selections),
  );
  return selections.flatMap(({ type }) => type ?? []);
}

/** The methods of a class itself that `@OnEvent` was applied to, whatever became of them. */
export function handlersOf(prototype: object): HandlerRecord[] {
  return [...(records.get(prototype)?.values() ?? [])];
}

/**
 * What was recorded of a method that a class has: by the class and its name, or of the function where
 * the class took it over from another one.
 */
export function findRecord({ prototype, methodName }: HandlerKey): HandlerRecord | undefined {
  const own = ownRecord(prototype, methodName);
  if (own) return own;
  const method: unknown = Object.getOwnPropertyDescriptor(prototype, methodName)?.value;
  if (typeof method !== 'function') return undefined;
  return Reflect.getOwnMetadata(RECORD, method) as HandlerRecord | undefined;
}

function ownRecord(prototype: object, methodName: string): HandlerRecord | undefined {
  return records.get(prototype)?.get(methodName);
}

function addRecord(key: HandlerKey): HandlerRecord {
  const record: HandlerRecord = {
    ...key,
    metadata: [],
    functions: new Set(),
    isListener: false,
    wasTold: false,
  };
  let ofClass = records.get(key.prototype);
  if (!ofClass) {
    ofClass = new Map();
    records.set(key.prototype, ofClass);
    prototypes.add(new WeakRef(key.prototype));
  }
  ofClass.set(key.methodName, record);
  return record;
}
