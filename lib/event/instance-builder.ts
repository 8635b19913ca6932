import type { Type } from '@nestjs/common';
import { TransformationType } from 'class-transformer';
import { TransformOperationExecutor } from 'class-transformer/cjs/TransformOperationExecutor.js';
import { copySkipped } from './own-properties.js';

/**
 * `plainToInstance`, except for values that class-transformer would damage. What no `@Type` asks for
 * is not touched: class-transformer would rebuild a `Decimal` or `Uint8Array` property by property,
 * make a `Set` a list, and fail on a JSON object with the key `constructor`. No key of a `Map` is
 * lost, and bytes are read from base64, as they are written.
 */
export class InstanceBuilder extends TransformOperationExecutor {
  constructor() {
    super(TransformationType.PLAIN_TO_CLASS, { exposeUnsetFields: true });
  }

  build<T extends object>(type: Type<T>, plain: object): T {
    return this.transform(undefined, plain, type, undefined, false) as T;
  }

  override transform(
    source: unknown,
    value: unknown,
    targetType: unknown,
    arrayType: unknown,
    isMap: boolean,
    level = 0,
  ): unknown {
    if (targetType === undefined || value === null || value === undefined) return value;
    const item = (each: unknown, type: unknown): unknown =>
      this.transform(undefined, each, type, undefined, each instanceof Map, level + 1);

    if (isMap && typeof value === 'object' && !Array.isArray(value)) {
      const valueType = targetType === Map ? undefined : targetType;
      const entries = value instanceof Map ? [...value] : Object.entries(value);
      return new Map(entries.map(([key, each]) => [key, item(each, valueType)]));
    }
    if (typeof targetType === 'function' && value instanceof targetType) return value;
    if (value instanceof Set) return new Set([...value].map((each) => item(each, targetType)));
    if (isBytes(targetType) && typeof value === 'string') return fromBase64(value);

    const cast = super.transform(source, value, targetType, arrayType, isMap, level);
    if (isRecord(value) && isRecord(cast)) copySkipped(value, cast);
    return cast;
  }
}

function isBytes(type: unknown): boolean {
  return type === Buffer || type === Uint8Array;
}

function fromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  // Node skips what is no base64; the way back shows it.
  if (bytes.toString('base64') !== text) throw new TypeError('no base64');
  return bytes;
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
