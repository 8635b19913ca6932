import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Type as Class } from '@nestjs/common';
import { Type } from 'class-transformer';
import { Allow, IsDate } from 'class-validator';
import { surveyClass } from '../../../lib/event/class-survey.js';
import { decode, encode } from '../../../lib/event/codec.js';
import { Event, getEventDefinition } from '../../../lib/event/event.decorator.js';
import { deserialize, serialize } from '../../../lib/wire/by-field.js';

const RealDate = Date;
const NOW = RealDate.UTC(2026, 0, 2);

/** As timekeeper and mockdate do it: its dates are real ones. */
function LikeTimekeeper(...values: [number]) {
  return Reflect.construct<unknown[], Date>(RealDate, values.length > 0 ? values : [NOW]);
}
LikeTimekeeper.prototype = RealDate.prototype;

/** As Vitest's `vi.setSystemTime` does it: its dates are its own. */
class LikeVitest extends RealDate {
  constructor(...values: [number]) {
    super(...(values.length > 0 ? values : ([NOW] as [number])));
  }
}

const FAKES: [string, () => void][] = [
  [
    "Jest's",
    () => {
      jest.useFakeTimers({
        now: NOW,
        doNotFake: ['nextTick', 'queueMicrotask', 'setTimeout', 'setImmediate', 'setInterval'],
      });
    },
  ],
  ["timekeeper's", () => (globalThis.Date = LikeTimekeeper as unknown as DateConstructor)],
  ["Vitest's", () => (globalThis.Date = LikeVitest as unknown as DateConstructor)],
];

@Event('fake.placed')
class Placed {
  @Type(() => Date) @IsDate() typed!: Date;
  @IsDate() designed!: Date;
  @Type(() => Date) @Allow() allowed!: Date;
}

function declareOne(): Class<{ at: Date }> {
  @Event('fake.late')
  class Late {
    @IsDate() at!: Date;
  }
  return Late;
}

/** Writes an event, and reads it again. */
async function trip<T extends object>(type: Class<T>, payload: T): Promise<T> {
  const definition = getEventDefinition(type)!;
  const { parameters } = await encode(definition, payload, { validate: true });
  const entry = deserialize(serialize({ ...definition, id: 'id', parameters }), 's', '1-0');
  if (entry.kind !== 'event') throw new Error(entry.kind);
  const { payload: read, note } = decode(type, entry.parameters, { cast: true });
  expect(note).toBeUndefined();
  return read as T;
}

describe.each(FAKES)('%s Date', (_, fake) => {
  afterEach(() => {
    jest.useRealTimers();
    globalThis.Date = RealDate;
  });

  it('is one to classes that were declared before, as are dates of before', async () => {
    const before = new Date(NOW - 1000);
    fake();
    expect(surveyClass(Placed)).toEqual([]);
    const read = await trip(Placed, { typed: new Date(), designed: new Date(), allowed: before });
    const times = [read.typed, read.designed, read.allowed].map((date) => date.toISOString());
    expect(times).toEqual([
      '2026-01-02T00:00:00.000Z',
      '2026-01-02T00:00:00.000Z',
      '2026-01-01T23:59:59.000Z',
    ]);
  });

  it('is one to classes that are declared meanwhile, also when it is gone', async () => {
    fake();
    const type = declareOne();
    const at = new Date();
    expect((await trip(type, { at })).at.getTime()).toBe(NOW);
    globalThis.Date = RealDate;
    jest.useRealTimers();
    expect(surveyClass(type)).toEqual([]);
    expect((await trip(type, { at })).at.getTime()).toBe(NOW);
    expect((await trip(type, { at: new Date(5) })).at).toEqual(new Date(5));
  });
});

it('is no class that extends Date', async () => {
  class Day extends Date {}
  const at = { typed: new Day(), designed: new Date(), allowed: new Date() };
  await expect(trip(Placed, at)).rejects.toThrow('typed must be a date between the years');
});
