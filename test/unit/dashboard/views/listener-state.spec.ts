import { describe, expect, it } from '@jest/globals';
import { verdictsOf, worstFirst } from '../../../../lib/dashboard/views/listener-state.js';
import type { ListenerFacts } from '../../../../lib/dashboard/views/models.js';
import { before, failing, listener, NOW } from '../../../e2e/dashboard/models.js';

const there = listener({ name: 'a' }).consumers[0]!;
const gone = { ...there, worker: { ...there.worker!, alive: false } };
const some = { count: 7, isAtLeast: false };

/** What is said first of a listener that is well but for this. */
function verdict(given: Partial<ListenerFacts>) {
  return verdictsOf(listener({ name: 'a', ...given }), NOW)[0];
}

function pendingFor(ms: number, consumer: string | null) {
  return {
    oldestPending: { nativeId: '1-1', consumer, pendingMs: ms, deliveryCount: 2 },
    pending: 1,
  };
}

describe('verdictsOf', () => {
  it('says since when a listener fails, how often it was tried, with what error, when it is tried next, and what to do', () => {
    const [{ level, label, says, error, hint, nativeId }] = verdictsOf(failing, NOW);
    expect({ level, label, nativeId }).toEqual({
      ...{ level: 'broken', label: 'Failing' },
      nativeId: failing.failures[0]?.nativeId,
    });
    expect(says).toBe(
      'Event OrderPlaced has been failing for 12 min: 31 attempts so far. Next try in 18 s. ' +
        'Nothing behind it is handled until it succeeds.',
    );
    expect(error).toMatch(/^Cannot read/);
    expect(hint).toMatch(/^Mend what the error names and deploy/);
  });

  it.each([
    ['is due', { nextTryAt: before(1) }, {}, 'The next try is due.'],
    ['is not planned', { nextTryAt: null }, {}, 'Its worker makes no further try'],
    ['has nobody who makes it', {}, { consumers: [gone] }, 'No worker is there to try it again.'],
  ])('says of a next try that it %s', (_, failure, given, said) => {
    const facts = { ...failing, ...given, failures: [{ ...failing.failures[0]!, ...failure }] };
    expect(verdictsOf(facts, NOW)[0].says).toContain(said);
  });

  it('tells the oldest of several failing events, and how many more there are', () => {
    const newer = { ...failing.failures[0]!, since: before(3), eventName: 'Newer' };
    const { says } = verdict({ failures: [newer, ...failing.failures, newer] });
    expect(says).toMatch(/^Event OrderPlaced .* 2 more events are failing, too\.$/);
  });

  it.each<[Partial<ListenerFacts>, string, string]>([
    [{}, 'well', 'Up to date'],
    [{ pending: 1 }, 'busy', 'Handling'],
    [{ undelivered: some }, 'busy', 'Behind'],
    [{ undelivered: null }, 'warning', 'Unknown'],
    [{ consumers: [] }, 'idle', 'Not running'],
    [{ consumers: [gone] }, 'idle', 'Not running'],
    [{ consumers: [], undelivered: some }, 'broken', 'No worker'],
    [{ consumers: [gone], pending: 1 }, 'broken', 'No worker'],
    // Of a consumer of Python nothing but its last read is known.
    [
      { consumers: [{ ...there, worker: null, idleMs: 90_000 }], pending: 1 },
      'warning',
      'Not read',
    ],
    [{ consumers: [{ ...there, worker: null, idleMs: 900 }], pending: 1 }, 'busy', 'Handling'],
    [pendingFor(90_000, there.name), 'warning', 'Slow'],
    [pendingFor(301_000, there.name), 'broken', 'Stuck'],
    [pendingFor(90_000, 'worker-9'), 'warning', 'Left behind'],
    [pendingFor(90_000, null), 'warning', 'Left behind'],
    [pendingFor(30_000, there.name), 'busy', 'Handling'],
    [{ deadLetters: 1, oldestDeadLetterAt: null }, 'warning', 'Dead letters'],
    [
      { lost: { times: 1, last: { after: '', until: null, noticedAt: NOW } } },
      'warning',
      'Lost history',
    ],
  ])('judges %j', (given, level, label) => {
    expect(verdict(given)).toMatchObject({ level, label });
  });

  it('says of an event that hangs where it is, and what it holds up', () => {
    const [{ says, hint }] = verdictsOf(
      listener({ name: 'x', consumers: [there], ...pendingFor(301_000, there.name) }),
      NOW,
    );
    const { host, pid } = there.worker!;
    expect(says).toContain(`${there.name} (process ${pid} on ${host})`);
    expect(says).toMatch(/Nothing behind it is handled until it succeeds\.$/);
    expect(hint).toContain('restart the process');
  });

  it('says all that is wrong, the worst first', () => {
    const all = verdictsOf({ ...failing, deadLetters: 2, consumers: [] }, NOW);
    expect(all.map(({ label }) => label)).toEqual(['Failing', 'No worker', 'Dead letters']);
    // What asks for a decision says what can be decided.
    expect(all.every(({ hint }) => hint !== '')).toBe(true);
  });
});

describe('worstFirst', () => {
  it('puts what fails before what nobody reads, what needs a look before what is well', () => {
    const listeners = [
      listener({ name: 'b' }),
      listener({ name: 'a' }),
      listener({ name: 'letters', deadLetters: 1 }),
      listener({ name: 'slow', ...pendingFor(90_000, 'worker-1') }),
      listener({ name: 'behind', undelivered: some }),
      listener({ name: 'unread', consumers: [], undelivered: some }),
      failing,
    ];
    expect(worstFirst(listeners, NOW).map(({ facts }) => facts.name)).toEqual([
      ...[failing.name, 'unread', 'slow', 'letters', 'behind', 'a', 'b'],
    ]);
  });
});
