import { describe, expect, it } from '@jest/globals';
import { check } from './checker.js';
import type { FireRecord, GroupSample, Handling, History, StoredEvent } from './history.js';

const STREAM = 'shop.*:stream';
const SECOND = 1_000;

/** Five events, one every second, each handled by both listeners at once. */
function history(changes: Partial<History> = {}): History {
  const numbers = [1, 2, 3, 4, 5];
  return {
    listeners: [
      { name: 'ordered', ordered: true, inHand: { [STREAM]: 2 } },
      { name: 'shared', ordered: false, inHand: { [STREAM]: 2 } },
    ],
    fired: numbers.map((n) => fire(n)),
    stored: numbers.map((n) => store(n)),
    handled: numbers.flatMap((n) => [handle(n), handle(n, { listener: 'shared' })]),
    ...{ kills: [], interruptions: [], groupLosses: [], samples: [] },
    ...{ takeovers: [], notices: [], faultsEndedAt: 60 * SECOND },
    ...changes,
  };
}

function fire(n: number, changes: Partial<FireRecord> = {}): FireRecord {
  return { stream: STREAM, n, attempt: 1, outcome: 'confirmed', nativeId: `${n}-0`, ...changes };
}

function store(n: number, changes: Partial<StoredEvent> = {}): StoredEvent {
  return { stream: STREAM, nativeId: `${n}-0`, n, attempt: 1, ...changes };
}

function handle(n: number, changes: Partial<Handling> = {}): Handling {
  return {
    ...{ listener: 'ordered', stream: STREAM, nativeId: `${n}-0` },
    ...{ incarnation: 1, deliveryCount: 1, aborted: false, from: n * SECOND, to: n * SECOND + 10 },
    ...changes,
  };
}

/** Handlings of one listener by number; the other one's are as they should be. */
function handledBy(listener: 'ordered' | 'shared', handlings: readonly Handling[]): History {
  const other = listener === 'ordered' ? 'shared' : 'ordered';
  return history({
    handled: [
      ...handlings.map((handling) => ({ ...handling, listener })),
      ...[1, 2, 3, 4, 5].map((n) => handle(n, { listener: other })),
    ],
  });
}

/** 1, 2 and 3 by one process; 3 again, and the rest, by another one 20 s later. */
const TAKEN_OVER = [
  ...[1, 2, 3].map((n) => handle(n)),
  ...[3, 4, 5].map((n) =>
    handle(n, { incarnation: 2, deliveryCount: 2, from: 20 * SECOND + n, to: 20 * SECOND + n }),
  ),
];

function sample(changes: Partial<GroupSample> = {}): GroupSample {
  return {
    ...{ stream: STREAM, listener: 'ordered', at: 5 * SECOND },
    ...{ lastDeliveredId: '3-0', pending: new Set<string>() },
    ...changes,
  };
}

function violationsOf(given: History): string[] {
  return check(given).violations.map(({ kind }) => kind);
}

describe('a history in which everything is as promised', () => {
  it('has no violations, and is counted', () => {
    expect(check(history())).toEqual({
      violations: [],
      figures: {
        ...{ confirmed: 5, unknownTries: 0, unknown: 0, refused: 0, stored: 5, handled: 10 },
        duplicates: { crash: 0, 'cut off': 0, 'group destroyed': 0 },
      },
    });
  });
});

describe('what is stored', () => {
  it('holds every confirmed event, under the id that was confirmed', () => {
    const stored = [1, 2, 4, 5].map((n) => store(n));
    const handled = history().handled.filter(({ nativeId }) => nativeId !== '3-0');
    expect(violationsOf(history({ stored, handled }))).toEqual(['lost']);

    const elsewhere = history().fired.with(2, fire(3, { nativeId: '9-0' }));
    expect(violationsOf(history({ fired: elsewhere }))).toEqual(['lost']);
  });

  it('does not hold what certainly was not stored', () => {
    const fired = history().fired.with(2, fire(3, { outcome: 'refused' }));
    expect(violationsOf(history({ fired }))).toEqual(['wrong answer']);
  });

  it('holds nothing that nobody fired', () => {
    const fired = history().fired.filter(({ n }) => n !== 3);
    expect(violationsOf(history({ fired }))).toEqual(['wrong answer']);
  });

  it('may or may not hold an event of unknown fate, but not twice', () => {
    const fired = [...history().fired.with(2, fire(3, { outcome: 'unknown' }))];
    expect(violationsOf(history({ fired }))).toEqual([]);
    const absent = [...history().fired, fire(6, { outcome: 'unknown' })];
    expect(violationsOf(history({ fired: absent }))).toEqual([]);

    const stored = [...history().stored, store(3, { nativeId: '6-0' })];
    const handled = [
      ...history().handled,
      handle(6),
      handle(6, { listener: 'shared', nativeId: '6-0' }),
    ];
    expect(violationsOf(history({ fired, stored, handled }))).toEqual(['stored twice']);
  });

  it('holds an event once that was fired again under its id', () => {
    const fired = [fire(1, { outcome: 'unknown', nativeId: undefined }), ...history().fired];
    const { violations, figures } = check(history({ fired }));
    expect(violations).toEqual([]);
    expect(figures).toMatchObject({ confirmed: 5, unknownTries: 1, unknown: 0 });
  });
});

describe('what is handled', () => {
  it.each(['ordered', 'shared'])('is everything that is stored, by listener %s', (listener) => {
    const handled = history().handled.filter(
      (handling) => handling.listener !== listener || handling.nativeId !== '5-0',
    );
    const { violations } = check(history({ handled }));
    expect(violations).toEqual([
      {
        kind: 'lost',
        message: `Event 5 of '${STREAM}' (5-0) was never handled by listener '${listener}'.`,
      },
    ]);
  });

  it('does not count where the handler had been told to stop', () => {
    const handled = history().handled.map((it) =>
      it.nativeId === '5-0' && it.listener === 'shared' ? { ...it, aborted: true } : it,
    );
    expect(violationsOf(history({ handled }))).toEqual(['lost']);
  });

  it('is nothing that the stream has lost', () => {
    const stored = [1, 2, 3, 4].map((n) => store(n));
    const fired = [1, 2, 3, 4].map((n) => fire(n));
    expect(violationsOf(history({ stored, fired }))).toEqual(['lost', 'lost']);
  });
});

describe('the order of a listener with one worker', () => {
  it('lets a process that has its name again go on where the other one stopped, not before', () => {
    const back = (n: number, incarnation: number) => handle(n, { incarnation });
    const goesOn = [back(1, 1), back(2, 2), back(3, 2), back(3, 1), back(4, 1), back(5, 1)];
    expect(violationsOf(handledBy('ordered', goesOn))).not.toContain('out of order');
    const stepsBack = [back(1, 1), back(2, 1), back(3, 2), back(4, 2), back(1, 1), back(5, 1)];
    expect(violationsOf(handledBy('ordered', stepsBack))).toContain('out of order');
  });

  it('is the order of the stream', () => {
    const handled = [1, 3, 2, 4, 5].map((n) => handle(n));
    expect(violationsOf(handledBy('ordered', handled))).toContain('out of order');
    expect(violationsOf(handledBy('shared', handled))).toEqual([]);
  });

  it('is kept where an event waits for its next attempt', () => {
    const handled = [1, 2, 4, 5, 3].map((n) => handle(n));
    expect(violationsOf(handledBy('ordered', handled))).toContain('out of order');
  });

  it('goes back, after a crash, to what was not acknowledged', () => {
    const kills = [{ incarnation: 1, at: 4 * SECOND }];
    const { violations, figures } = check({ ...handledBy('ordered', TAKEN_OVER), kills });
    expect(violations).toEqual([]);
    expect(figures.duplicates).toEqual({ crash: 1, 'cut off': 0, 'group destroyed': 0 });
  });

  it('is not disturbed by a handler that was told to stop, and ends late', () => {
    const late = (aborted: boolean) =>
      [1, 2, 3, 4, 5].flatMap((n) =>
        n === 4
          ? [handle(4), handle(1, { incarnation: 9, aborted, from: 4_000, to: 4_020 })]
          : [handle(n)],
      );
    const interruptions = [{ incarnation: 9, from: 3 * SECOND, to: 4 * SECOND }];
    const given = handledBy('ordered', late(true));
    expect(violationsOf({ ...given, interruptions })).toEqual([]);
    expect(violationsOf({ ...handledBy('ordered', late(false)), interruptions })).toEqual([
      'out of order',
    ]);
  });

  it('does not go back further', () => {
    const kills = [{ incarnation: 1, at: 6 * SECOND }];
    const again = [1, 2, 3, 4, 5].map((n) =>
      handle(n, { incarnation: 2, deliveryCount: 2, from: 20 * SECOND, to: 20 * SECOND }),
    );
    const given = handledBy('ordered', [...[1, 2, 3, 4, 5].map((n) => handle(n)), ...again]);
    expect(violationsOf({ ...given, kills })).toEqual([
      'out of order',
      ...['unexplained duplicate', 'unexplained duplicate', 'unexplained duplicate'],
    ]);
  });

  it('is not left by a process that goes back to an event and on from elsewhere', () => {
    const kills = [{ incarnation: 1, at: 4 * SECOND }];
    const skipping = TAKEN_OVER.filter(({ incarnation, nativeId }) => {
      return incarnation === 1 || nativeId !== '4-0';
    });
    expect(violationsOf({ ...handledBy('ordered', skipping), kills })).toEqual([
      'lost',
      'out of order',
    ]);
  });
});

describe('an event that is handled again', () => {
  const twice = (listener: 'ordered' | 'shared', by: Partial<Handling> = {}): History =>
    handledBy(listener, [
      ...[1, 2, 3, 4, 5].map((n) => handle(n)),
      handle(5, { deliveryCount: 2, from: 20 * SECOND, to: 20 * SECOND, ...by }),
    ]);

  it.each(['ordered', 'shared'] as const)('needs an explanation (listener %s)', (listener) => {
    expect(violationsOf(twice(listener, { incarnation: 2 }))).toEqual(['unexplained duplicate']);
    expect(violationsOf(twice(listener))).toContain('unexplained duplicate');
  });

  it('is not explained by the end of another process', () => {
    const kills = [{ incarnation: 3, at: 6 * SECOND }];
    expect(violationsOf({ ...twice('shared', { incarnation: 2 }), kills })).toEqual([
      'unexplained duplicate',
    ]);
  });

  it('is not explained by a crash if it says that it is delivered for the first time', () => {
    const kills = [{ incarnation: 1, at: 6 * SECOND }];
    const given = twice('shared', { incarnation: 2, deliveryCount: 1 });
    expect(violationsOf({ ...given, kills })).toEqual(['unexplained duplicate']);
  });

  it('is explained by a crash, though delivered for the first time, where the group was made again', () => {
    const kills = [{ incarnation: 1, at: 6 * SECOND }];
    const groupLosses = [
      { stream: STREAM, listener: 'ordered', from: 10 * SECOND, to: 11 * SECOND },
    ];
    const given = twice('ordered', { incarnation: 2, deliveryCount: 1 });
    expect(check({ ...given, kills, groupLosses }).violations).toEqual([]);
    expect(check({ ...given, kills, groupLosses }).figures.duplicates.crash).toBe(1);
    // Of one that ended as it should, nothing is left to be delivered again.
    expect(violationsOf({ ...given, groupLosses })).toEqual(['unexplained duplicate']);
  });

  it('is not explained by anything that came after its acknowledgement', () => {
    const kills = [{ incarnation: 1, at: 15 * SECOND }];
    const given = handledBy('ordered', TAKEN_OVER);
    expect(violationsOf({ ...given, kills, samples: [sample()] })).toEqual([
      'unexplained duplicate',
    ]);
    const pending = sample({ pending: new Set(['3-0']) });
    expect(violationsOf({ ...given, kills, samples: [pending] })).toEqual([]);
  });

  it('is explained by a process that stood still while it had the event', () => {
    const interruption = { from: 5 * SECOND, to: 19 * SECOND, incarnation: 1 };
    const given = { ...twice('shared', { incarnation: 2 }), interruptions: [interruption] };
    expect(check(given).violations).toEqual([]);
    expect(check(given).figures.duplicates['cut off']).toBe(1);

    const elsewhere = [{ ...interruption, incarnation: 3 }];
    expect(violationsOf({ ...given, interruptions: elsewhere })).toHaveLength(1);
    const short = [{ ...interruption, to: interruption.from + 100 }];
    expect(violationsOf({ ...given, interruptions: short })).toHaveLength(1);
    const later = [{ ...interruption, from: 10 * SECOND }];
    expect(violationsOf({ ...given, interruptions: later })).toHaveLength(1);
  });

  it('is explained by a group that was destroyed, where several workers share it', () => {
    const groupLosses = [
      { stream: STREAM, listener: 'shared', from: 10 * SECOND, to: 11 * SECOND },
      { stream: STREAM, listener: 'ordered', from: 10 * SECOND, to: 11 * SECOND },
    ];
    const given = twice('shared', { deliveryCount: 1 });
    expect(check({ ...given, groupLosses }).violations).toEqual([]);
    expect(violationsOf({ ...twice('ordered'), groupLosses })).toContain('unexplained duplicate');
  });
});

describe('what is left behind', () => {
  // 3 is handled at last, long after 4 and 5.
  const late = (ms: number): History =>
    handledBy('shared', [
      ...[1, 2, 4, 5].map((n) => handle(n)),
      handle(3, { from: 60 * SECOND + ms, to: 60 * SECOND + ms }),
    ]);

  it('is stranded, once nothing is in the way of it', () => {
    expect(violationsOf(late(16 * SECOND))).toEqual(['stranded']);
    expect(violationsOf(late(14 * SECOND))).toEqual([]);
    const given = { ...late(16 * SECOND), faultsEndedAt: 70 * SECOND };
    expect(violationsOf(given)).toEqual([]);
  });

  it('is not stranded where all that follow it wait, too', () => {
    const backlog = [1, 2, 3, 4, 5].map((n) =>
      handle(n, { from: (90 + n) * SECOND, to: (90 + n) * SECOND }),
    );
    expect(violationsOf(handledBy('shared', backlog))).toEqual([]);
  });

  it('counts as handled only where the handler had not been told to stop', () => {
    const given = late(16 * SECOND);
    const told = handle(3, { listener: 'shared', aborted: true });
    expect(violationsOf({ ...given, handled: [told, ...given.handled] })).toContain('stranded');
  });
});

describe('a process whose name was taken over', () => {
  // Silent from second 3 to second 8, replaced by second 7.
  const SILENT = {
    ...{ listener: 'shared', replaced: 1, by: 2, how: 'silent' as const },
    ...{ from: 3 * SECOND, takenAt: 7 * SECOND, to: 8 * SECOND },
  };
  const interruption = { incarnation: 1, from: SILENT.from, to: SILENT.to };
  const cut = { takeovers: [SILENT], interruptions: [interruption] };

  /** The first one handles 3 at this time, its successor all the rest. */
  const third = (from: number, to: number, by: Partial<Handling> = {}): History => ({
    ...handledBy('shared', [
      ...[1, 2].map((n) => handle(n)),
      handle(3, { from, to, ...by }),
      ...[3, 4, 5].map((n) =>
        handle(n, { incarnation: 2, from: 7 * SECOND + n, to: 7 * SECOND + n, deliveryCount: 2 }),
      ),
    ]),
    ...cut,
  });

  it('may go on until its lease has ended, by its own clock', () => {
    expect(violationsOf(third(3_010, 3_020))).toEqual([]);
    expect(violationsOf(third(6_900, 6_910))).toEqual([]);
  });

  it('begins nothing after that, whether its network is back or not', () => {
    expect(violationsOf(third(7_500, 7_510))).toEqual(['went on']);
    expect(violationsOf(third(8_100, 8_110))).toEqual(['went on']);
  });

  it('may go on where the other one was refused, and has begun nothing', () => {
    const takeovers = [{ ...SILENT, by: 3 }];
    expect(violationsOf({ ...third(8_100, 8_110), takeovers })).toEqual([]);
  });

  it('may end what it had begun, until it is told or could have been', () => {
    expect(violationsOf(third(3_010, 9_900))).toEqual([]);
    expect(violationsOf(third(3_010, 10_100))).toEqual(['went on']);
    const notices = [{ incarnation: 1, stream: STREAM, nativeId: '3-0', at: 8_500 }];
    expect(violationsOf({ ...third(3_010, 9_000), notices })).toEqual(['went on']);
    // The handler had been told, and says so.
    expect(violationsOf({ ...third(3_010, 9_000, { aborted: true }), notices })).toEqual([]);
  });

  it('has more time where Redis is away when its network comes back', () => {
    const interruptions = [interruption, { from: 9 * SECOND, to: 12 * SECOND }];
    expect(violationsOf({ ...third(3_010, 13_500), interruptions })).toEqual([]);
    expect(violationsOf({ ...third(3_010, 14_500), interruptions })).toEqual(['went on']);
  });

  it('had no clock to look at where it stood still, but can be told', () => {
    const takeovers = [{ ...SILENT, how: 'stopped' as const }];
    expect(violationsOf({ ...third(8_100, 8_110), takeovers })).toEqual([]);
    expect(violationsOf({ ...third(10_100, 10_110), takeovers })).toEqual(['went on']);
    const notices = [{ incarnation: 1, stream: STREAM, nativeId: '2-0', at: 8_050 }];
    expect(violationsOf({ ...third(8_100, 8_110), takeovers, notices })).toEqual(['went on']);
  });
});

describe('a worker that is replaced by one of another name, in order', () => {
  const successor = (...numbers: number[]): Handling[] =>
    numbers.map((n) => handle(n, { incarnation: 2, from: 9 * SECOND + n, to: 9 * SECOND + n }));
  const rest = (...numbers: number[]): History =>
    handledBy('ordered', [...[1, 2].map((n) => handle(n)), ...successor(...numbers)]);

  it('leaves to its successor what it had fetched and not begun', () => {
    expect(violationsOf(rest(3, 4, 5))).toEqual([]);
  });

  it('is not followed by newer events first', () => {
    expect(violationsOf(rest(4, 5, 3))).toContain('out of order');
  });

  it('leaves nothing to be repeated', () => {
    expect(violationsOf(rest(2, 3, 4, 5))).toEqual(['unexplained duplicate']);
  });
});
