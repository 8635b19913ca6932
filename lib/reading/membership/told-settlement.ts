import { SETTLING, type SettlementContext } from '../../channels/channels.js';
import { traced } from '../../channels/traced.js';
import type { Member } from '../../store/consumer-groups.js';

/** Acknowledges entries, and tells who has subscribed to it. @param call gives back those that were not ours. */
export function tellAcknowledged(
  member: Member,
  nativeIds: readonly string[],
  call: () => Promise<string[]>,
): Promise<string[]> {
  const told: SettlementContext = { kind: 'acknowledge', ...placeOf(member), nativeIds };
  return traced(SETTLING, told, call, (notOurs) => {
    told.outcome = 'settled';
    told.notOurs = notOurs;
  });
}

/** Sets an entry aside, and tells who has subscribed to it. @param call gives back the letter's id. */
export function tellSetAside(
  member: Member,
  nativeId: string,
  reason: string,
  call: () => Promise<string | null>,
): Promise<string | null> {
  const nativeIds = [nativeId];
  const told: SettlementContext = { kind: 'dead_letter', ...placeOf(member), nativeIds, reason };
  return traced(SETTLING, told, call, (letter) => {
    told.outcome = 'settled';
    told.notOurs = letter === null ? nativeIds : [];
    if (letter !== null) told.deadLetterId = letter;
  });
}

function placeOf({ holder, stream, group, consumer }: Member) {
  return { application: holder.token, stream, consumerGroup: group, consumer };
}
