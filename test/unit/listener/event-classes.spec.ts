import { Injectable, type Provider } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Exclude } from 'class-transformer';
import { Allow, IsString } from 'class-validator';
import { Event, ListenerDefinitionError, OnEvent, type EventMessage } from 'nestjs-lightbus';
import { Stores } from '../../../lib/store/stores.js';
import { startInMemory, type MemoryApplicationParts } from './memory-application.js';

@Event('classes.registered')
class Registered {
  @Allow() n!: number;
}

@Event('classes.registered')
class Selected {
  @Allow() n!: number;
}

@Event('classes.foreign')
class Foreign {
  @Allow() n!: number;
}

class Seen {
  readonly seen: [name: string, type: string][] = [];

  protected see(event: object, { eventName, payload }: EventMessage): void {
    expect(payload).toBe(event);
    this.seen.push([eventName, event.constructor.name]);
  }
}

@Injectable()
class ByName extends Seen {
  @OnEvent(['classes.registered', 'classes.foreign', 'classes.unknown'], { listenerName: 'name' })
  handle(event: object, message: EventMessage): void {
    this.see(event, message);
  }
}

@Injectable()
class Everything extends Seen {
  @OnEvent('classes.*', { listenerName: 'everything', onError: 'acknowledge_and_log' })
  handle(event: object, message: EventMessage): void {
    this.see(event, message);
  }
}

@Injectable()
class Mixed extends Seen {
  @OnEvent(['classes.*', Selected, 'classes.registered', Foreign], { listenerName: 'mixed' })
  handle(event: object, message: EventMessage): void {
    this.see(event, message);
  }
}

const NAMES = ['registered', 'foreign', 'unknown'];

async function seenBy(type: new () => Seen, parts: Partial<MemoryApplicationParts>) {
  const providers = [type as Provider];
  const { app, whenHandled } = await startInMemory({ ...parts, providers });
  const { store } = app.get(Stores).forApi('classes');
  const entries = NAMES.map((name) => [
    ...['id', name, 'api_name', 'classes', 'event_name', name, 'version', '1', ':n', '1'],
  ]);
  await store.append('classes.*:stream', entries, { maxLength: null, timeoutMs: 1000 });
  await whenHandled();
  return app.get(type).seen;
}

describe('an event arrives as an instance', () => {
  const events = [Registered];

  it.each([ByName, Everything])('of its registered class, others plain: %p', async (type) => {
    expect(await seenBy(type, { events })).toEqual([
      ['registered', 'Registered'],
      ['foreign', 'Object'],
      ['unknown', 'Object'],
    ]);
  });

  it('of no class where none is registered or selected', async () => {
    const plain = NAMES.map((name) => [name, 'Object']);
    expect(await seenBy(Everything, {})).toEqual(plain);
  });

  it('of a class among the selectors, which comes before the registered one', async () => {
    expect(await seenBy(Mixed, { events })).toEqual([
      ['registered', 'Selected'],
      ['foreign', 'Foreign'],
      ['unknown', 'Object'],
    ]);
  });

  it('unless cast_values is off', async () => {
    const api = { cast_values: false };
    expect(await seenBy(Mixed, { events, api })).toEqual(NAMES.map((name) => [name, 'Object']));
  });

  it('and so is validated however it is selected, where validate.incoming is on', async () => {
    @Event('classes.registered')
    class Strict {
      @IsString() n!: string;
    }
    const api = { validate: { incoming: true, outgoing: true } };
    expect(await seenBy(Everything, { events: [Strict], api })).toEqual([
      ['foreign', 'Object'],
      ['unknown', 'Object'],
    ]);
  });
});

describe('classes that listeners select stop the start', () => {
  @Event('classes.skipping', { version: 4, upcasters: { 2: (parameters) => parameters } })
  class Skipping {
    @Allow() n!: number;
  }

  @Event('classes.hidden', { key: 'n' })
  class Hidden {
    @Exclude() n!: number;
  }

  @Injectable()
  class Faulty {
    @OnEvent([Skipping, Hidden], { listenerName: 'faulty' })
    handle(_event: object): void {}

    @OnEvent(Skipping, { listenerName: 'faulty' })
    handleAgain(_event: object): void {}
  }

  it('where an upcaster is missing, or the key is not sent: with all else, each once', async () => {
    const error: unknown = await startInMemory({ providers: [Faulty] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ListenerDefinitionError);
    const [, ...lines] = (error as Error).message.split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^- .*'faulty'/),
      expect.stringContaining("'classes.skipping' has version 4, and no upcaster for 1, 3:"),
      expect.stringContaining("'classes.hidden' has the key 'n', and Hidden does not send"),
    ]);
  });

  it('not where nobody listens to them here', async () => {
    const options = { features: [] };
    await expect(startInMemory({ providers: [Faulty], options })).resolves.toBeDefined();
  });

  it('as a registered one does', async () => {
    await expect(startInMemory({ events: [Skipping] })).rejects.toThrow('no upcaster for 1, 3');
  });
});
