import type { DeadLetter } from '../../operations/dead-letter.js';
import type { DeadLetterGroup } from '../../operations/dead-letter-groups.js';
import type { Payloads } from '../payloads.js';
import type { LetterGroup, LetterModel, LetterRow } from '../views/models.js';

/** A letter in a list. */
export function toRow(letter: DeadLetter, payloads: Payloads): LetterRow {
  const { id, stream, nativeId, reason, message, attempts, time } = letter;
  const entry = payloads.of({ stream, nativeId: nativeId || id, fields: letter.fields ?? [] });
  const name = letter.fields === null ? null : entry.name;
  const preview = letter.fields === null ? '' : payloads.preview(entry.shown);
  return { id, stream, nativeId, name, reason, message, attempts, time, preview };
}

/** A letter with all that there is to know of it. */
export function toModel(letter: DeadLetter, group: string, payloads: Payloads): LetterModel {
  const { id, stream, nativeId, listener, consumer, stack = null, fields } = letter;
  const entry = fields && payloads.of({ stream, nativeId: nativeId || id, fields });
  const payload = entry && payloads.text(entry.shown);
  return { ...toRow(letter, payloads), group, listener, consumer, stack, payload };
}

/** @param isWhole whether all letters were looked at. */
export function toGroup(group: DeadLetterGroup, isWhole: boolean): LetterGroup {
  const { id, reason, error, count, firstAt, lastAt, events } = group;
  return {
    fingerprint: id,
    ...{ reason, error, first: firstAt, last: lastAt, events },
    count: { count, isAtLeast: !isWhole },
  };
}
