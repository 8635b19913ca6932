interface Numbers {
  readonly multipleOf?: unknown;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
}

/**
 * A schema whose `multipleOf` has bounds: where a quotient is no exact integer of JavaScript's, validators disagree whether a
 * number is a multiple. Others come back as they are.
 */
export function withExactMultiples<T extends Numbers>(schema: T): T {
  const { multipleOf: divisor, minimum, maximum } = schema;
  if (typeof divisor !== 'number' || divisor <= 0) return schema;
  const limit = Number.MAX_SAFE_INTEGER * Math.min(divisor, 1);
  const bounds = {
    minimum: typeof minimum === 'number' ? Math.max(minimum, -limit) : (minimum ?? -limit),
    maximum: typeof maximum === 'number' ? Math.min(maximum, limit) : (maximum ?? limit),
  };
  return { ...schema, ...bounds };
}
