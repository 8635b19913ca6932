import { hasModel } from '../class-model.js';
import { classOf } from '../own-properties.js';
import { comesBack } from './comes-back.js';
import { keepsRules } from './rules.js';

/**
 * Whether an instance is valid for sure: class-validator would find nothing wrong with it, and it would come back
 * as it is. Where this is false, nobody knows: `findInvalid` has to be asked, which says what is wrong if anything is.
 *
 * Validators may be asked here and there about the same event. Of those that give promises nothing is known
 * here; one that is not declared as `async` is asked once to learn that.
 */
export function isValidForSure(instance: object): boolean {
  try {
    const type = classOf(instance);
    return hasModel(type) && keepsRules(instance, type) && comesBack(instance, type);
  } catch {
    // What was thrown will be thrown again.
    return false;
  }
}
