import { types } from 'node:util';
import { TransformationType } from 'class-transformer';
import { TransformOperationExecutor } from 'class-transformer/cjs/TransformOperationExecutor.js';
import { EventSerializationError } from '../fire-errors.js';
import { copySkipped } from './own-properties.js';

/**
 * `instanceToPlain`, except for values that class-transformer would damage. Dates, bytes and objects
 * with `toJSON` stay as they are: the serializer knows how to write them, while class-transformer
 * would take a `Decimal` or `Uint8Array` apart. A `Map` stays one, so that no key is lost.
 */
export class PlainBuilder extends TransformOperationExecutor {
  constructor() {
    super(TransformationType.CLASS_TO_PLAIN, { exposeUnsetFields: false });
  }

  /** @throws EventSerializationError where a property is a function. */
  build(instance: object): Record<string, unknown> {
    return this.transform(undefined, instance, undefined, undefined, false) as Record<
      string,
      unknown
    >;
  }

  override transform(
    source: unknown,
    value: unknown,
    targetType: unknown,
    arrayType: unknown,
    isMap: boolean,
    level = 0,
  ): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const item = (each: unknown, type: unknown): unknown =>
      this.transform(undefined, each, type, undefined, each instanceof Map, level + 1);

    if (value instanceof Map) {
      const valueType = targetType === Map ? undefined : targetType;
      return new Map(
        [...value].map(([key, each]: [unknown, unknown]) => [key, item(each, valueType)]),
      );
    }
    if (level > 0 && isWrittenAsItIs(value)) return value;
    if (targetType === undefined && isPlain(value)) {
      const entries = Object.entries(value);
      return Object.fromEntries(entries.map(([key, each]) => [key, item(each, undefined)]));
    }
    const plain = super.transform(source, value, targetType, arrayType, isMap, level);
    if (!Array.isArray(plain) && typeof plain === 'object' && plain !== null) {
      copySkipped(value, plain);
    }
    return plain;
  }

  protected override applyCustomTransformations(
    value: unknown,
    target: unknown,
    key: string,
    object: object,
    transformationType: TransformationType,
  ): unknown {
    const result = super.applyCustomTransformations(value, target, key, object, transformationType);
    // class-transformer sends what the function returns. A method counts only where it is exposed.
    if (typeof result === 'function' && Object.hasOwn(object, key)) {
      throw new EventSerializationError(
        `The property '${key}' is a function, which can't be sent. ` +
          'Remove it, decorate it with @Exclude(), or make it a method of the class.',
      );
    }
    return result;
  }
}

function isWrittenAsItIs(value: object): boolean {
  return (
    types.isDate(value) ||
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isPromise(value) ||
    types.isBoxedPrimitive(value) ||
    ('toJSON' in value && typeof value.toJSON === 'function')
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
