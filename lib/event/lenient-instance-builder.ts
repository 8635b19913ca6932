import type { TransformationType } from 'class-transformer';
import { InstanceBuilder } from './instance-builder.js';

const MAX_REASON = 100;

/**
 * Casts what can be cast and keeps the rest as it was received: an event that somebody else fired
 * reaches its handler whatever is wrong with it.
 */
export class LenientInstanceBuilder extends InstanceBuilder {
  /** Properties that were kept as received, `Order.placedAt`, and why. */
  readonly kept = new Map<string, string>();

  // Only `applyCustomTransformations`, which follows a cast, knows which property it was for.
  private failure: string | undefined;

  override transform(
    source: unknown,
    value: unknown,
    targetType: unknown,
    arrayType: unknown,
    isMap: boolean,
    level = 0,
  ): unknown {
    // Around the whole event there is no property whose raw value could be kept.
    if (level === 0) return super.transform(source, value, targetType, arrayType, isMap, level);
    if (targetType === undefined || value === null || value === undefined) return value;
    const earlier = this.failure;
    this.failure = undefined;
    try {
      requireCastable(value, targetType, isMap);
      const cast = super.transform(source, value, targetType, arrayType, isMap, level);
      requireUsable(cast, value);
      return cast;
    } catch (error) {
      this.failure = reasonOf(error);
      return value;
    } finally {
      // Of the items of a list the first that fails counts.
      this.failure = earlier ?? this.failure;
    }
  }

  protected override applyCustomTransformations(
    value: unknown,
    target: unknown,
    key: string,
    object: object,
    transformationType: TransformationType,
  ): unknown {
    let result: unknown;
    try {
      result = super.applyCustomTransformations(value, target, key, object, transformationType);
      requireUsable(result, value);
    } catch (error) {
      this.failure = reasonOf(error);
      result = value;
    }
    if (this.failure !== undefined) {
      const owner = typeof target === 'function' ? `${target.name}.` : '';
      this.kept.set(`${owner}${key}`, this.failure);
      this.failure = undefined;
    }
    return result;
  }
}

/** Where class-transformer would make something of the value, but nothing that it means. */
function requireCastable(value: unknown, targetType: unknown, isMap: boolean): void {
  if (Array.isArray(value) || value instanceof Set || typeof targetType !== 'function') return;
  if (typeof value === 'object') {
    if (targetType === String && !isMap) throw new TypeError('no string');
    return;
  }
  switch (isMap ? Map : targetType) {
    case String:
    case Boolean:
    case BigInt:
    case Buffer:
    case Uint8Array:
      return;
    case Number:
      if (typeof value === 'bigint') throw new TypeError('an integer beyond 2^53');
      return;
    case Date:
      if (typeof value === 'string' || typeof value === 'number') return;
      throw new TypeError('no date');
    default:
      throw new TypeError('no object');
  }
}

function requireUsable(cast: unknown, value: unknown): void {
  if (cast instanceof Date && Number.isNaN(cast.getTime()) && !(value instanceof Date)) {
    throw new TypeError('no date');
  }
  if (Number.isNaN(cast) && !Number.isNaN(value)) throw new TypeError('no number');
}

/** First line of what was thrown. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0]?.slice(0, MAX_REASON) ?? '';
}
