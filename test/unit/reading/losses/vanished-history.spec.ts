import { describe, expect, it } from '@jest/globals';
import {
  judge,
  type Baseline,
  type Observation,
} from '../../../../lib/reading/losses/vanished-history.js';
import { compareEntryIds } from '../../../../lib/wire/entry-id.js';
import { Random } from '../../../chaos/random.js';

interface Range {
  readonly after: string;
  readonly until: string | null;
}

/** A stream and a group of it, which know what has vanished before the group was given it. */
class Model {
  private entries: number[] = [];
  private added = 0;
  private deleted = 0;
  lastDeliveredId: number;
  private readonly pending = new Set<number>();
  private readonly settled = new Set<number>();
  private count = 0;
  /** Never given to the group, gone, and not told yet. */
  readonly untold = new Set<number>();
  /** Where the group was when it was looked at last before anything was removed. */
  floor = 0;
  private hasRemoved = false;
  baseline: Baseline | null = null;

  /** @param before how many entries there are already, of which the group is not given any. */
  constructor(before = 0, start = before) {
    this.append(before);
    this.lastDeliveredId = start;
    this.untold.clear();
  }

  append(count: number): void {
    for (let i = 0; i < count; i++) this.entries.push(++this.added);
  }

  read(count: number): void {
    const page = this.entries.filter((id) => id > this.lastDeliveredId).slice(0, count);
    for (const id of page) this.pending.add((this.lastDeliveredId = id));
  }

  /** Acknowledges some of what is pending. By somebody else (Python) it is not counted. */
  acknowledge(ids = [...this.pending], counted = true): void {
    for (const id of ids) {
      this.pending.delete(id);
      this.settled.add(id);
      if (counted) this.count += 1;
    }
  }

  redrive(id: number): void {
    if (!this.entries.includes(id) || !this.settled.delete(id)) return;
    this.pending.add(id);
    this.count -= 1;
  }

  trim(length: number): void {
    this.remove(this.entries.slice(0, Math.max(0, this.entries.length - length)));
  }

  delete(ids: readonly number[]): void {
    for (const id of ids) {
      if (this.entries.includes(id) && id > this.deleted) this.deleted = id;
    }
    this.remove(ids);
  }

  get stored(): readonly number[] {
    return this.entries;
  }

  get inHand(): number[] {
    return [...this.pending];
  }

  get done(): number[] {
    return [...this.settled];
  }

  get hasReadAll(): boolean {
    return this.lastDeliveredId >= this.added;
  }

  /** Nothing is left of what it has read. */
  get isBehindAll(): boolean {
    return this.entries.every((id) => id > this.lastDeliveredId);
  }

  look(ahead = false): Range | null {
    const [first] = this.entries;
    const observation: Observation = {
      added: this.added,
      length: this.entries.length,
      first: first === undefined ? null : `${first}-0`,
      last: `${this.added}-0`,
      deleted: `${this.deleted}-0`,
      lastDeliveredId: `${this.lastDeliveredId}-0`,
      pending: this.pending.size,
      count: this.count,
      remade: false,
    };
    const follow = this.entries.filter((id) => id > this.lastDeliveredId).length;
    const judgement = judge(this.baseline, observation, ahead ? follow : null);
    if (judgement.vanished) {
      const from = compareEntryIds(judgement.vanished.after, `${this.floor}-0`);
      expect({ ...judgement.vanished, floor: this.floor, from }).toMatchObject({ from: 0 });
    }
    // As it is stored.
    const next = JSON.parse(JSON.stringify(judgement.baseline)) as Baseline;
    const isAnew = next.removed === this.added - this.entries.length;
    // What vanished before anything was counted, and could not be told, never is.
    const isFirstRank = this.baseline?.rank === null && next.rank !== null;
    if (isFirstRank && !judgement.vanished) this.untold.clear();
    this.baseline = next;
    if (isAnew) this.hasRemoved = false;
    if (!this.hasRemoved) this.floor = this.lastDeliveredId;
    return judgement.vanished;
  }

  private remove(ids: readonly number[]): void {
    const gone = this.entries.filter((id) => ids.includes(id));
    this.entries = this.entries.filter((id) => !ids.includes(id));
    for (const id of gone) if (id > this.lastDeliveredId) this.untold.add(id);
    if (gone.length > 0) this.hasRemoved = true;
  }
}

function encloses({ after, until }: Range, id: number): boolean {
  const isAfter = compareEntryIds(`${id}-0`, after) > 0;
  return isAfter && (until === null || compareEntryIds(`${id}-0`, until) <= 0);
}

describe('judge', () => {
  it('tells what was trimmed before the group was given it', () => {
    const model = new Model();
    expect(model.look()).toBeNull();
    model.append(5);
    model.read(2);
    model.acknowledge();
    model.look();
    model.trim(1);
    const range = model.look()!;
    expect(range.until).toBe('4-18446744073709551615');
    for (const id of [3, 4]) expect(encloses(range, id)).toBe(true);
    expect(model.look()).toBeNull();
    model.read(9);
    model.acknowledge();
    expect(model.look()).toBeNull();
  });

  it('tells it also where the group has read on meanwhile', () => {
    const model = new Model();
    model.look();
    model.append(5);
    model.read(2);
    model.acknowledge();
    model.trim(1);
    model.read(9);
    expect(model.look()).toEqual({ after: '0-0', until: '4-18446744073709551615' });
  });

  it('begins its range where the group was seen last before anything was removed', () => {
    const model = new Model();
    model.look();
    model.append(20);
    for (let i = 0; i < 5; i++) {
      model.read(2);
      model.look();
      model.append(2);
    }
    model.read(2);
    model.delete([15]);
    model.look();
    model.read(1);
    model.look();
    model.trim(10);
    model.read(99);
    expect(model.look()).toEqual({ after: '10-0', until: '20-18446744073709551615' });
  });

  it('begins its range further back where the group was set back meanwhile', () => {
    const model = new Model();
    model.look();
    model.append(20);
    model.read(9);
    model.look();
    model.floor = model.lastDeliveredId = 4;
    model.trim(3);
    expect(model.look()).toEqual({ after: '4-0', until: '17-18446744073709551615' });
  });

  it('without a count, encloses what vanished when nothing could be said yet', () => {
    const model = new Model();
    model.append(20);
    model.read(5);
    model.look();
    model.delete([7, 8]);
    model.look();
    model.read(5);
    model.look();
    model.trim(0);
    expect(model.look()).toEqual({ after: '5-0', until: '20-0' });
  });

  it('tells what was deleted in the middle, up to there', () => {
    const model = new Model();
    model.look();
    model.append(9);
    model.read(2);
    model.trim(7);
    model.delete([6]);
    expect(model.look()).toEqual({ after: '0-0', until: '6-0' });
    model.read(9);
    expect(model.look()).toBeNull();
  });

  it('tells that all is gone', () => {
    const model = new Model();
    model.look();
    model.append(5);
    model.trim(0);
    expect(model.look()).toEqual({ after: '0-0', until: '5-0' });
    expect(model.look()).toBeNull();
  });

  it.each([
    ['what was handled was trimmed', (model: Model) => model.acknowledge()],
    ['what is pending was trimmed', () => undefined],
  ])('says nothing where %s', (_, then) => {
    const model = new Model();
    model.look();
    model.append(5);
    model.read(3);
    then(model);
    model.look();
    model.trim(2);
    expect(model.look()).toBeNull();
    model.read(9);
    then(model);
    expect(model.look()).toBeNull();
  });

  it('says nothing where nothing was removed, whatever is counted', () => {
    const model = new Model();
    model.look();
    model.append(20);
    model.read(1);
    model.acknowledge();
    model.read(19);
    // By Python.
    model.acknowledge(undefined, false);
    expect(model.look()).toBeNull();
  });

  it('says that it rests on a count where the group has read meanwhile, and not otherwise', () => {
    const base = {
      ...{ added: 5, length: 5, first: '1-0', last: '5-0', deleted: '0-0', remade: false },
    };
    const start = { ...base, lastDeliveredId: '2-0', pending: 0, count: 2 };
    const { baseline } = judge(null, { ...start, lastDeliveredId: '0-0', count: 0 }, 5);
    const trimmed = { ...start, length: 1, first: '5-0' };
    expect(judge(baseline, trimmed).isCounted).toBe(true);
    expect(
      judge({ ...baseline, lastDeliveredId: '2-0', rank: 2, delivered: 2 }, trimmed).isCounted,
    ).toBe(false);
  });

  it('waits where what was added up to the lastDeliveredId is not known, and says it later', () => {
    const model = new Model();
    model.look();
    model.append(6);
    model.read(2);
    model.delete([4]);
    expect(model.look()).toBeNull();
    model.read(9);
    const range = model.look();
    expect(range && encloses(range, 4)).toBe(true);
  });

  it('says nothing of a group that starts in the future, or begins at the end', () => {
    const ahead = new Model(5, 9);
    ahead.look();
    ahead.append(3);
    ahead.trim(1);
    expect(ahead.look()).toBeNull();
    const atEnd = new Model(5);
    atEnd.trim(1);
    expect(atEnd.look()).toBeNull();
    atEnd.append(2);
    atEnd.read(9);
    atEnd.trim(0);
    expect(atEnd.look()).toBeNull();
  });

  it('starts anew where the group was set back', () => {
    const model = new Model();
    model.append(9);
    model.read(9);
    model.acknowledge();
    model.look();
    model.trim(5);
    model.lastDeliveredId = 2;
    expect(model.look()).toBeNull();
  });

  it('of a group in the middle of a long history that is looked at for the first time, tells later losses', () => {
    for (const counted of [true, false]) {
      const model = new Model();
      model.append(20);
      model.read(5);
      model.acknowledge();
      model.look(counted);
      model.trim(10);
      const range = model.look();
      expect(range !== null).toBe(counted);
      if (range) for (const id of [6, 7, 8, 9, 10]) expect(encloses(range, id)).toBe(true);
      model.trim(0);
      const rest = model.look();
      if (rest) for (let id = 11; id <= 20; id++) expect(encloses(rest, id)).toBe(true);
      expect(rest).not.toBeNull();
    }
  });

  describe('whatever happens', () => {
    it.each(Array.from({ length: 40 }, (_, block) => [block * 50]))(
      'raises no false alarm, and tells each loss in the end, within its range (from seed %i)',
      (from) => {
        for (let seed = from; seed < from + 50; seed++) play(seed, true);
      },
    );

    it.each(Array.from({ length: 20 }, (_, block) => [block * 50]))(
      'raises no false alarm where what follows is not counted at first (from seed %i)',
      (from) => {
        for (let seed = from; seed < from + 50; seed++) play(seed, false);
      },
    );

    function play(seed: number, isCounted: boolean): void {
      const random = new Random(seed);
      const model = new Model(random.pick([0, 0, 3, 20]));
      const removes = random.pick(['trim', 'delete', 'both', 'never']);
      if (!isCounted) {
        model.append(random.between(5, 30));
        model.read(random.between(1, 5));
      }
      // The first look is the opening of the group.
      model.look(isCounted);
      const steps: string[] = [];
      for (let i = 0; i < 40; i++) {
        const step = random.pick([
          'append',
          'append',
          'read',
          'read',
          'acknowledge',
          'remove',
          'look',
          'redrive',
        ]);
        steps.push(step);
        if (step === 'append') model.append(random.between(1, 5));
        if (step === 'read') model.read(random.between(1, 5));
        if (step === 'acknowledge')
          model.acknowledge(model.inHand.filter(() => random.chance(0.6)));
        if (step === 'redrive' && model.done.length > 0) model.redrive(random.pick(model.done));
        if (step === 'remove') remove(model, random, removes);
        if (step === 'look') checkedLook(model, { seed, steps }, random.chance(0.1));
      }
      model.append(1);
      model.read(1_000);
      checkedLook(model, { seed, steps }, false);
      expect({ seed, untold: [...model.untold] }).toEqual({ seed, untold: [] });
    }

    function remove(model: Model, random: Random, how: string): void {
      if ((how === 'trim' || how === 'both') && random.chance(0.5)) {
        model.trim(random.between(0, model.stored.length));
      } else if (how !== 'trim' && how !== 'never') {
        model.delete(model.stored.filter(() => random.chance(0.2)));
      }
    }

    function checkedLook(model: Model, context: object, ahead: boolean): void {
      const isRanked = model.baseline?.rank !== null;
      const range = model.look(ahead);
      if (!range) {
        const mustTell =
          isRanked && (model.hasReadAll || model.isBehindAll) && model.untold.size > 0;
        expect({ ...context, mustTell, untold: [...model.untold] }).toMatchObject({
          mustTell: false,
        });
        return;
      }
      const told = [...model.untold].filter((id) => encloses(range, id));
      const missed = [...model.untold].filter((id) => !encloses(range, id));
      expect({ ...context, range, missed, told }).toMatchObject({ missed: [] });
      expect({ ...context, range, told: told.length > 0 }).toMatchObject({ told: true });
      told.forEach((id) => model.untold.delete(id));
    }
  });
});
