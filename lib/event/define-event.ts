import type { StandardSchemaV1 } from '@standard-schema/spec';
import { EventDefinitionError } from '../errors.js';
import { EventValidationError } from '../fire-errors.js';
import { checkedDefinition, recordDefinition } from './event.decorator.js';
import { setOwn, symbolsOf } from './own-properties.js';
import { foreignValidator, type ForeignValidator } from './standard/foreign-validator.js';
import type { Upcasters } from './upcasters.js';

/** The properties that a type names: not all those that an index signature lets be. */
type Named<T> = keyof T &
  keyof { [K in keyof T as string extends K ? never : number extends K ? never : K]: K } &
  string;

/** The properties of a payload that are texts or numbers, and always there. */
export type KeyOf<T> = {
  [K in Named<T>]-?: T[K] extends string | number ? K : never;
}[Named<T>];

/** Options of {@link defineEvent}, as those of `@Event`. */
export interface DefineEventOptions<T extends object> {
  /** Version that the event is fired with. @default 1 */
  readonly version?: number;
  /** By version: what makes of the plain parameters of an event of that version those of the next one. */
  readonly upcasters?: Upcasters;
  /** The property that says which entity the event is about. @default none */
  readonly key?: KeyOf<T>;
}

/**
 * What `defineEvent` gives: a class, which stands wherever one with `@Event` does. `InstanceType<typeof OrderPlaced>`
 * is the type of its events.
 */
export type DefinedEvent<T extends object> = new (payload: T) => T;

/** A schema whose output is an object, and no list. */
type ObjectSchema = StandardSchemaV1<unknown, object>;

type Output<S extends StandardSchemaV1> = StandardSchemaV1.InferOutput<S>;

/**
 * Makes an event of a schema of another library than class-validator: zod, valibot, arktype, or any other Standard
 * Schema of an object. The result stands wherever a class with `@Event` does: in `forFeature`, `fire`, `@OnEvent`,
 * `history`, aggregates and projections.
 *
 * The schema validates what is fired (`validate.outgoing`) and, with `validate.incoming`, what arrives; properties that
 * it does not know are refused when they are fired, at every depth, even where the library takes them out or lets them
 * through (that, of other libraries than zod, valibot and arktype, only where it has a JSON Schema). It must let values be
 * as they are: one with transforms, defaults or coercion is refused. A schema of another library is called with samples to
 * find that out, here and at the start. What is published is the library's Standard JSON Schema; where it has none, that
 * the event is an object, with one warning at the start.
 *
 * @param name `'<api>.<event>'`; the last dot separates the two.
 * @throws EventDefinitionError where `@Event` would throw it, where `schema` is no Standard Schema, changes valid
 *   values, or holds what JSON can't carry back (dates, Maps, bigints). What that needs may not be there yet (a
 *   `z.lazy` of a module that is still being loaded): then the start throws it.
 */
export function defineEvent<const S extends ObjectSchema>(
  name: string,
  schema: S,
  options: DefineEventOptions<Output<S>> = {},
): DefinedEvent<Output<S>> {
  const call = `defineEvent('${name}')`;
  if (!isStandardSchema(schema)) {
    throw new EventDefinitionError(
      `${call} was given no Standard Schema. Give a schema of zod, valibot, arktype, or of another library that ` +
        'implements it (https://standardschema.dev): an object with the property ~standard.',
    );
  }
  const type = payloadClass(name);
  const validator = foreignValidator(name, schema, options.key);
  const definition = checkedDefinition(call, name, options, type, validator);
  Object.defineProperty(type, 'name', { value: classNameOf(definition.eventName) });
  refuseUnfit(validator);
  recordDefinition(definition);
  return type;
}

function refuseUnfit(validator: ForeignValidator): void {
  let faults: readonly string[];
  try {
    faults = validator.faults();
  } catch {
    // A part of it is not there yet. The start asks again.
    return;
  }
  if (faults.length > 0) throw new EventDefinitionError(faults.join(' '));
}

function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function';
  const standard = isHolder ? (value as Partial<StandardSchemaV1>)['~standard'] : undefined;
  return typeof standard?.validate === 'function';
}

/** A class of its own for each event: instances hold the properties of the payload, and nothing else. */
function payloadClass(name: string): new (payload?: unknown) => object {
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- its instances are events
  const type = class {
    // Readers make one without a payload, and fill it.
    constructor(payload?: unknown) {
      if (payload === undefined) return;
      if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
        const constraints = { isObject: 'the payload must be an object' };
        const found = [{ path: '', value: payload, constraints }];
        throw new EventValidationError(
          `'${name}' was not made: the payload must be an object.`,
          name,
          found,
        );
      }
      for (const [property, value] of Object.entries(payload)) setOwn(this, property, value);
      for (const symbol of symbolsOf(payload)) {
        Reflect.set(this, symbol, (payload as Record<symbol, unknown>)[symbol]);
      }
    }
  };
  return type;
}

/** `order_placed` is `OrderPlaced`, for errors and logs. */
function classNameOf(eventName: string): string {
  const words = eventName.split('_');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
