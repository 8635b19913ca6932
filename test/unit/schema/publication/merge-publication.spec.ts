import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  mergePublication,
  type Found,
} from '../../../../lib/schema/publication/merge-publication.js';
import type { OwnEvent } from '../../../../lib/schema/publication/own-event.js';
import type { PublishedRecord } from '../../../../lib/schema/publication/published-record.js';
import { readPublished } from '../../../../lib/schema/publication/published-text.js';
import { stringify } from '../../../../lib/wire/json-writer.js';

const EVENTS = ['e', 'f', 'toString', 'constructor'] as const;
const PYTHONS = ['python', 'e'] as const;

/** A build of a service: by event, what it says of it, and its version. */
interface Build {
  readonly service: string;
  readonly events: readonly { name: string; version: number; text: string; says: boolean }[];
}

type Step =
  | { readonly kind: 'start'; readonly build: number }
  | { readonly kind: 'load'; readonly process: number; readonly build: number }
  | { readonly kind: 'stop' | 'look'; readonly process: number }
  | { readonly kind: 'python'; readonly events: readonly string[]; readonly says: string }
  | { readonly kind: 'expire' | 'fade' | 'flush' };

function own({ name, version, text, says }: Build['events'][number]): OwnEvent {
  const comment = version === 1 ? {} : { $comment: `version ${version}` };
  const description = { parameters: { title: text, ...comment } };
  return {
    ...{ name, canonicalName: `api.${name}`, version, upcasters: {}, says },
    ...{ description, text: stringify(description) },
  };
}

/** A process that publishes, as `ApiPublication` does it. */
class Process {
  private readonly known = new Set<string>();
  events: readonly OwnEvent[];
  token: string;
  start = Infinity;

  constructor(
    private readonly build: Build,
    readonly bus: Bus,
  ) {
    this.events = build.events.map(own);
    this.token = JSON.stringify(build);
  }

  /** A module comes late, with the events that were not there yet. */
  load(more: Build): void {
    this.bus.signs.add(this.token);
    const isKnown = ({ name }: OwnEvent) => this.events.some((event) => event.name === name);
    const news = more.events.map(own).filter((event) => !isKnown(event));
    this.events = [...this.events, ...news];
    this.token = JSON.stringify([
      this.build.service,
      this.events.map(({ name, text }) => [name, text]),
    ]);
  }

  /** @returns whether something has changed. */
  update(): boolean {
    const { bus } = this;
    const api = bus.text === undefined ? undefined : readPublished(bus.text);
    const found: Found = {
      api,
      records: new Map(bus.records),
      isAlive: ({ token }) =>
        bus.signs.has(token) || [this, ...bus.alive].some((one) => one.token === token),
    };
    const latest = [...bus.records.values()].map(({ start }) => start + 1);
    if (this.start === Infinity) this.start = Math.max(bus.clock++, ...latest);
    const { token, start } = this;
    const me = { ...{ service: this.build.service, process: 'p', token }, start };
    const merged = mergePublication(this.events, found, me, ({ name }) => !this.known.has(name));
    for (const { event, isNews } of merged.taken) {
      const { version, description, name } = event;
      bus.records.set(name, { ...me, version, description });
      if (isNews) bus.news++;
    }
    for (const { name } of this.events) this.known.add(name);
    const hasChanged = merged.taken.length > 0 || merged.text !== bus.text;
    bus.text = merged.text;
    return hasChanged;
  }
}

class Bus {
  text: string | undefined;
  readonly records = new Map<string, PublishedRecord>();
  alive: Process[] = [];
  /** Signs of life of those that publish something else by now; they have not expired yet. */
  readonly signs = new Set<string>();
  clock = 1;
  news = 0;
  python: Record<string, unknown> = {};

  constructor(private readonly builds: readonly Build[]) {}

  get api(): NonNullable<Found['api']> {
    return readPublished(this.text ?? '') ?? { events: {}, rpcs: {} };
  }

  run(step: Step): void {
    switch (step.kind) {
      case 'start': {
        const process = new Process(this.builds[step.build % this.builds.length]!, this);
        this.alive.push(process);
        return;
      }
      case 'load':
        this.alive[step.process % (this.alive.length || 1)]?.load(
          this.builds[step.build % this.builds.length]!,
        );
        return;
      case 'stop':
        this.alive.splice(step.process % (this.alive.length || 1), 1);
        return;
      case 'look':
        this.alive[step.process % (this.alive.length || 1)]?.update();
        return;
      case 'python':
        this.python = Object.fromEntries(
          step.events.map((name) => [name, { parameters: { title: step.says } }]),
        );
        this.text = stringify({ events: this.python, rpcs: { check: {} } });
        return;
      case 'fade':
        this.signs.clear();
        return;
      case 'expire':
        this.text = undefined;
        this.python = {};
        return;
      case 'flush':
        this.text = undefined;
        this.python = {};
        this.records.clear();
    }
  }

  /** All look, again and again. @returns how often all had to. */
  settle(): number {
    for (let rounds = 0; ; rounds++) {
      const changed = this.alive.filter((process) => process.update());
      if (changed.length === 0) return rounds;
      if (rounds === 10) throw new Error('It never comes to rest.');
    }
  }
}

const builds = fc.array(
  fc.record({
    service: fc.constantFrom('one', 'two'),
    events: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom(...EVENTS),
        version: fc.constantFrom(1, 1, 2),
        text: fc.constantFrom('x', 'y', 'z'),
        says: fc.constantFrom(true, true, true, false),
      }),
      { selector: ({ name }) => name, minLength: 1, maxLength: 3 },
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

const indexes = fc.nat({ max: 5 });
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ kind: fc.constant('start'), build: indexes }),
    fc.record({ kind: fc.constantFrom('look', 'look', 'stop'), process: indexes }),
    fc.record({ kind: fc.constant('load'), process: indexes, build: indexes }),
    fc.record({
      kind: fc.constant('python'),
      events: fc.uniqueArray(fc.constantFrom(...PYTHONS)),
      says: fc.constantFrom('x', 'p'),
    }),
    fc.record({ kind: fc.constantFrom('expire', 'fade', 'flush') }),
  ),
  { maxLength: 25 },
);

function after(all: readonly Build[], done: readonly Step[]): Bus {
  const bus = new Bus(all);
  for (const step of done) bus.run(step);
  return bus;
}

const RUNS = { numRuns: 2_000 };

describe('mergePublication', () => {
  it('comes to rest, in any situation, with all events of all processes and all that others have described', () => {
    fc.assert(
      fc.property(builds, steps, (all, done) => {
        const bus = after(all, done);
        expect(bus.settle()).toBeLessThanOrEqual(3);
        const { events, rpcs } = bus.api;
        const names = new Set(Object.keys(events));
        for (const process of bus.alive)
          for (const { name } of process.events) expect(names).toContain(name);
        for (const name of Object.keys(bus.python)) expect(names).toContain(name);
        if (Object.keys(bus.python).length > 0) expect(rpcs).toEqual({ check: {} });
      }),
      RUNS,
    );
  });

  it('puts back what Python leaves out, as it was, and as no news', () => {
    fc.assert(
      fc.property(builds, steps, fc.infiniteStream(indexes), (all, done, order) => {
        const bus = after(all, [...done, { kind: 'expire' }]);
        bus.settle();
        const [before, { news }] = [bus.text, bus];
        bus.text = stringify({ events: { python: {} }, rpcs: {} });
        // Whoever looks first.
        for (let n = 0; n < 3; n++)
          bus.alive[order.next().value % (bus.alive.length || 1)]?.update();
        bus.settle();
        expect(bus.news).toBe(news);
        const { events } = readPublished(before ?? '') ?? { events: {} };
        for (const process of bus.alive)
          for (const { name } of process.events) {
            expect(Object.getOwnPropertyDescriptor(bus.api.events, name)?.value).toEqual(
              Object.getOwnPropertyDescriptor(events, name)?.value,
            );
          }
      }),
      RUNS,
    );
  });

  it('describes an event by the highest version, and of these by who began last', () => {
    fc.assert(
      fc.property(builds, steps, (all, done) => {
        const bus = after(
          all,
          done.filter(({ kind }) => kind !== 'python'),
        );
        // Of processes that have ended or describe more by now, nothing counts any more.
        bus.run({ kind: 'fade' });
        bus.settle();
        for (const name of EVENTS) {
          const candidates = bus.alive.flatMap((process) =>
            process.events
              .filter((event) => event.name === name)
              .map((event) => ({ event, start: process.start })),
          );
          candidates.sort((a, b) => b.event.version - a.event.version || b.start - a.start);
          const [first] = candidates;
          // What a silent class says is in place only until another one says something.
          if (!first || !candidates.every(({ event }) => event.says)) continue;
          const published = Object.getOwnPropertyDescriptor(bus.api.events, name)?.value as unknown;
          expect(published).toEqual(first.event.description);
        }
      }),
      RUNS,
    );
  });

  it('is not turned back where the last of several new processes ends', () => {
    const build = (text: string): Build => ({
      service: 'one',
      events: [{ name: 'e', version: 1, text, says: true }],
    });
    const bus = after(
      [build('old'), build('new')],
      [
        { kind: 'start', build: 0 },
        { kind: 'look', process: 0 },
        { kind: 'start', build: 1 },
        { kind: 'start', build: 1 },
        { kind: 'look', process: 1 },
        { kind: 'look', process: 2 },
        { kind: 'stop', process: 2 },
      ],
    );
    const before = bus.text;
    bus.run({ kind: 'look', process: 0 });
    expect(bus.text).toBe(before);
    // The last one of them.
    bus.run({ kind: 'stop', process: 1 });
    bus.run({ kind: 'look', process: 0 });
    expect(bus.text).toContain('old');
  });

  it('is not turned back where a process that began last gets more events', () => {
    const build = (...events: [name: string, text: string][]): Build => ({
      service: 'one',
      events: events.map(([name, text]) => ({ name, version: 1, text, says: true })),
    });
    const bus = after(
      [build(['e', 'old']), build(['e', 'new']), build(['f', 'late'])],
      [
        { kind: 'start', build: 0 },
        { kind: 'look', process: 0 },
        { kind: 'start', build: 1 },
        { kind: 'look', process: 1 },
        { kind: 'load', process: 1, build: 2 },
        { kind: 'look', process: 1 },
      ],
    );
    const before = bus.text;
    expect(before).toContain('late');
    bus.run({ kind: 'fade' });
    bus.run({ kind: 'look', process: 0 });
    expect(bus.text).toBe(before);
  });

  it('leaves alone what others publish alike who began at the same moment', () => {
    const event = own({ name: 'e', version: 1, text: 'x', says: true });
    const api = { events: { e: event.description }, rpcs: {} };
    const other = { service: 'one', process: 'a', token: 'a', start: 5 };
    const record = { ...other, version: 1, description: event.description };
    const found: Found = { api, records: new Map([['e', record]]), isAlive: () => true };
    const by = (process: string, start = 5) =>
      mergePublication([event], found, { service: 'one', process, token: 'b', start }, () => true);

    expect(by('b').taken).toEqual([]);
    expect(by('b', 6).taken).toHaveLength(1);
    // Itself, with more events by now.
    expect(by('a').taken).toHaveLength(1);
  });
});
