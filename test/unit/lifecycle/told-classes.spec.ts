import { Injectable } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Allow, IsInt } from 'class-validator';
import { Event, OnEvent } from 'nestjs-lightbus';
import { startInMemory, type MemoryApplicationParts } from '../listener/memory-application.js';

@Event('told.scanned')
class Scanned {
  @Allow() pattern!: RegExp;
}

@Event('told.fine')
class Fine {
  @IsInt() n!: number;
}

@Event('told.bare')
class Bare {
  n!: number;
}

@Injectable()
class Listening {
  @OnEvent([Scanned, Fine], { listenerName: 'first' })
  @OnEvent([Scanned, 'told.scanned', 'other.*'], { listenerName: 'second' })
  scan() {
    return undefined;
  }
  @OnEvent(Scanned, { listenerName: 'third' })
  scanAgain() {
    return undefined;
  }
  @OnEvent(Bare, { listenerName: 'fourth' })
  bare() {
    return undefined;
  }
}

async function warnings(parts: MemoryApplicationParts): Promise<string[]> {
  const { logs } = await startInMemory(parts);
  return logs.filter((line) => /^warn (Events|Listeners|class-validator)/.test(line));
}

describe("what is told at the start of an application's event classes", () => {
  it('names class, property and remedy of what is fired here, listened to or not', async () => {
    const told = [
      expect.stringMatching(
        /^warn Events 'told\.scanned' would not come back.*Scanned\.pattern is a RegExp, .*@Transform/,
      ),
    ];
    expect(await warnings({ events: [Scanned, Fine] })).toEqual(told);
    const all = await warnings({ events: [Scanned, Bare], providers: [Listening] });
    expect(all).toEqual([...told, expect.stringContaining('the event class Bare')]);
  });

  it('names a class that listeners select once, however many do', async () => {
    expect(await warnings({ providers: [Listening] })).toEqual([
      expect.stringMatching(
        /^warn Listeners of 'told\.scanned' don't get what their class Scanned says: Scanned\.pattern is a RegExp, .*toClassOnly/,
      ),
    ]);
  });

  it('says nothing of classes that are not cast to, nor of listeners that do not start', async () => {
    expect(await warnings({ providers: [Listening], api: { cast_values: false } })).toEqual([]);
    expect(await warnings({ providers: [Listening], options: { features: [] } })).toEqual([]);
  });

  it('says where validate.incoming has no rules to go by', async () => {
    const validate = { incoming: true, outgoing: true };
    const all = await warnings({ providers: [Listening], api: { validate, cast_values: false } });
    expect(all).toEqual([
      expect.stringMatching(
        /no rule for the class Bare that a listener selects.*by the schema that is on the bus/,
      ),
    ]);
  });
});
