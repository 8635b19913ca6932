import type { Type } from '@nestjs/common';
import { parse, stringify } from 'devalue';
import { isDeepStrictEqual, types } from 'node:util';
import { setOwn } from '../event/own-properties.js';
import { hasPrivateFields } from './state-classes.js';

/** A state as a text, and what comes back of it: an equal one that shares nothing with it. */
export interface CarriedState {
  readonly text: string;
  readonly copy: unknown;
}

/** What the text of an instance is made of. */
type Wrapped = [className: string, properties: Record<string, unknown>];

/**
 * Writes states as texts, and reads them: plain values, dates, maps, sets, bigints, bytes, and instances of the given
 * classes by their own properties. What would not come back equal is refused.
 */
export class StateText {
  constructor(private readonly classes: ReadonlyMap<string, Type<object>>) {}

  /** @returns what was carried, or in words what can't be. */
  carry(state: unknown): CarriedState | { readonly fault: string } {
    const whole = this.attempt(state);
    if (typeof whole !== 'string') return whole;
    // Which property it is, the first of those that fail alone.
    if (typeof state === 'object' && state !== null) {
      for (const [name, value] of Object.entries(state)) {
        const fault = this.attempt(value);
        if (typeof fault === 'string') return { fault: `its property '${name}' ${fault}` };
      }
    }
    return { fault: `it ${whole}` };
  }

  /** @throws where it is no text of {@link carry}, or names classes that are not known. */
  read(text: string): unknown {
    return parse(text, { Instance: (wrapped) => this.revive(wrapped as Wrapped) });
  }

  private attempt(value: unknown): CarriedState | string {
    try {
      const text = stringify(value, { Instance: (one) => this.wrap(one) });
      const copy = this.read(text);
      return isDeepStrictEqual(copy, value) ? { text, copy } : 'would not come back as it is';
    } catch (error) {
      return error instanceof Refusal ? error.message : `can't be written (${String(error)})`;
    }
  }

  private wrap(value: unknown): Wrapped | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    refuseHidden(value);
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === null || prototype === Object.prototype) return undefined;
    const type = prototype.constructor as Type<object>;
    const known = this.classes.get(type.name);
    if (known?.prototype === prototype) {
      if (!hasPrivateFields(known)) return [type.name, { ...value }];
      throw new Refusal(`holds an instance of ${type.name}, whose #private fields nobody can see`);
    }
    if (types.isNativeError(value) || !isBuiltIn(type)) {
      throw new Refusal(
        `holds an instance of ${type.name}, which neither the events nor a @Type of the aggregate name`,
      );
    }
    return undefined;
  }

  private revive([name, properties]: Wrapped): object {
    const type = this.classes.get(name);
    if (!type) throw new Refusal(`has an instance of ${name}, which is not known`);
    const instance = Object.create(type.prototype as object) as object;
    for (const [property, value] of Object.entries(properties)) setOwn(instance, property, value);
    return instance;
  }
}

class Refusal extends Error {}

function isBuiltIn(type: Type<object>): boolean {
  return Reflect.get(globalThis, type.name) === type;
}

// What a copy of the enumerable properties would miss.
function refuseHidden(value: object): void {
  if (ArrayBuffer.isView(value)) return;
  for (const name of Reflect.ownKeys(value)) {
    // Copied all the same, or of no meaning between two uses.
    if (Array.isArray(value) ? name === 'length' : types.isRegExp(value)) continue;
    const descriptor = Object.getOwnPropertyDescriptor(value, name);
    if (typeof name === 'symbol' || !descriptor?.enumerable || !('value' in descriptor)) {
      throw new Refusal(`holds the hidden or computed property ${String(name)}`);
    }
  }
}
