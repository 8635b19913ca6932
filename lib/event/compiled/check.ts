import { hasModel } from '../class-model.js';
import { classOf } from '../own-properties.js';
import { comesBack } from './comes-back.js';
import { keepsRules } from './rules.js';

/**
 * Whether an instance is valid for sure: class-validator would find nothing wrong with it, and it would come back
 * as it is. Where this is false, nobody knows: `findInvalid` has to be asked, which says what is wrong if anything is.
 *
 * Of an event that is not valid for sure, validators may be asked twice: here, and by class-validator. One that
 * gives promises is asked here once, to learn that, and then no more; one that is declared as `async`, never.
 * What decorators add to a class after its first event is not seen here.
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
