import { describe, expect, it } from '@jest/globals';
import { HeldEntries } from '../../../../lib/reading/membership/held-entries.js';
import type { GroupState } from '../../../../lib/store/group-state.js';

const FACTS: GroupState['facts'] = {
  ...{ added: 0, length: 0, first: null, last: '0-0', deleted: '0-0', groups: new Map() },
};

function group(created: boolean, lastDeliveredId: string, more: Partial<GroupState> = {}) {
  return {
    ...{ created, lastDeliveredId, remade: false, ahead: 0 },
    ...{ vanished: null, skipped: null, newest: null, interrupted: null, facts: FACTS },
    ...more,
  };
}

describe('HeldEntries', () => {
  it.each(['0', '$', '1700-5'])('starts a new group where it was told: %s', (since) => {
    expect(new HeldEntries(since).restartId).toBe(since);
  });

  it('starts again after the last entry that was released', () => {
    const held = new HeldEntries('0');
    held.groupFound(group(true, '0-0'));
    for (const id of ['5-0', '6-0', '7-0']) held.hold({ nativeId: id, attempts: 0 });
    held.release('5-0');
    held.release('6-0');
    expect(held.restartId).toBe('6-0');
    held.release('7-0');
    expect(held.restartId).toBe('7-0');
  });

  it('starts again before an entry that is older than what was released: one claimed late', () => {
    const held = new HeldEntries('0');
    held.groupFound(group(true, '0-0'));
    held.hold({ nativeId: '90-0', attempts: 0 });
    held.release('90-0');
    held.hold({ nativeId: '50-4', attempts: 0 });
    held.hold({ nativeId: '50-9', attempts: 0 });
    expect(held.restartId).toBe('50-3');
    held.startAgain();
    expect(held.restartId).toBe('50-3');
  });

  it('counts an entry that is handled as dealt with', () => {
    const held = new HeldEntries('0');
    held.groupFound(group(true, '0-0'));
    held.hold({ nativeId: '90-0', attempts: 0 });
    held.release('90-0');
    held.hold({ nativeId: '50-4', attempts: 0 });
    held.markHandled('50-4');
    expect(held.restartId).toBe('90-0');
    held.startAgain();
    expect(held.isHandled('50-4')).toBe(true);
  });

  it('takes over the position of a group that was there before, once', () => {
    const held = new HeldEntries('0');
    expect(held.isKnown).toBe(false);
    held.groupFound(group(false, '1000-0'));
    expect(held.isKnown).toBe(true);
    expect(held.restartId).toBe('1000-0');
    // By then other consumers have gone on.
    held.groupFound(group(false, '2000-0'));
    expect(held.restartId).toBe('1000-0');
  });

  it('remembers where a group was made with $', () => {
    const held = new HeldEntries('$');
    held.groupFound(group(true, '70-0'));
    expect(held.restartId).toBe('70-0');
  });

  it('knows the newest entry that the stream has held, from the group and from what it held itself', () => {
    const held = new HeldEntries('0');
    expect(held.newest).toBeUndefined();
    held.groupFound(group(false, '10-0', { newest: '20-5' }));
    expect(held.newest).toBe('20-5');
    held.hold({ nativeId: '15-0', attempts: 0 });
    expect(held.newest).toBe('20-5');
    held.hold({ nativeId: '20-10', attempts: 0 });
    held.startAgain();
    expect(held.newest).toBe('20-10');
  });

  it('forgets what it knew of a stream that another one has taken the place of', () => {
    const held = new HeldEntries('0');
    held.groupFound(group(true, '0-0'));
    held.hold({ nativeId: '90-0', attempts: 0 });
    held.release('90-0');
    held.groupFound(group(true, '0-0', { vanished: { after: '90-0', until: null } }));
    expect(held.newest).toBeUndefined();
    expect(held.restartId).toBe('0-0');
    held.groupFound(group(true, '0-0', { vanished: { after: '0-0', until: null }, newest: '1-0' }));
    expect(held.newest).toBe('1-0');
  });

  it('keeps alive what is held and not handled', () => {
    const held = new HeldEntries('0');
    for (const id of ['1-0', '2-0', '3-0']) held.hold({ nativeId: id, attempts: 0 });
    held.markHandled('2-0');
    held.release('3-0');
    expect(held.unhandled()).toEqual(['1-0']);
    expect(held.unconfirmed()).toEqual(['2-0']);
  });

  it('tells once that an entry was taken, and not of one that is handled', () => {
    const held = new HeldEntries('0');
    held.hold({ nativeId: '1-0', attempts: 0 });
    held.hold({ nativeId: '2-0', attempts: 0 });
    held.markHandled('2-0');
    expect([held.take('1-0'), held.take('1-0')]).toEqual([true, false]);
    expect(held.take('2-0')).toBe(false);
    expect(held.holds('1-0')).toBe(false);
    expect(held.holds('2-0')).toBe(true);
  });

  it('goes back with a Redis that has: what followed is not known any more', () => {
    const held = new HeldEntries('0');
    held.groupFound(group(true, '0-0'));
    held.hold({ nativeId: '90-0', attempts: 0 });
    held.release('90-0');
    held.groupFound(group(false, '70-0', { vanished: { after: '70-0', until: '80-0' } }));
    expect([held.newest, held.restartId]).toEqual(['90-0', '90-0']);
    held.groupFound(group(false, '70-0', { vanished: { after: '70-0', until: '90-0' } }));
    expect([held.newest, held.restartId]).toEqual(['70-0', '70-0']);
  });

  it('knows which entries have recorded attempts, until they are dealt with', () => {
    const held = new HeldEntries('0');
    held.hold({ nativeId: '1-0', attempts: 2 });
    held.hold({ nativeId: '2-0', attempts: 0 });
    held.hold({ nativeId: '3-0', attempts: 0 });
    held.markAttempted('3-0');
    const known = () => held.withAttempts(['1-0', '2-0', '3-0']);
    expect(known()).toEqual(['1-0', '3-0']);
    held.release('1-0');
    expect(known()).toEqual(['3-0']);
  });

  it('takes what is handled and not pending any more for acknowledged, if it had been handed out', () => {
    const held = new HeldEntries('0');
    held.groupFound(group(true, '0-0'));
    for (const id of ['1-0', '2-0', '3-0']) {
      held.hold({ nativeId: id, attempts: 0 });
      held.markHandled(id);
    }
    held.startAgain();
    held.hold({ nativeId: '1-0', attempts: 0 });
    held.pendingKnown('2-0');
    expect(held.unconfirmed()).toEqual(['1-0', '3-0']);
  });
});
