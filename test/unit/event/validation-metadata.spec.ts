import { describe, expect, it } from '@jest/globals';
import { Allow } from 'class-validator';
import {
  hasValidationMetadata,
  missingValidationMetadata,
} from '../../../lib/event/validation-metadata.js';

class Ruled {
  @Allow() orderId!: string;
}
class Inheriting extends Ruled {}
class Bare {
  orderId!: string;
}

describe('hasValidationMetadata', () => {
  it('is true for a class with rules of its own or inherited ones', () => {
    expect(hasValidationMetadata(Ruled)).toBe(true);
    expect(hasValidationMetadata(Inheriting)).toBe(true);
  });

  it('is false for a class without, and the warning names both causes', () => {
    expect(hasValidationMetadata(Bare)).toBe(false);
    expect(missingValidationMetadata(Bare)).toMatch(/Bare.*decorators.*npm ls class-validator/);
  });
});
