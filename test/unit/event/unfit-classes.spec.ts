import { describe, expect, it } from '@jest/globals';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import { Allow, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { Event, EventDefinitionError, EventValidationError } from 'nestjs-lightbus';
import { decode, encode, validateIncoming } from '../../../lib/event/codec.js';
import { getEventDefinition, type EventDefinition } from '../../../lib/event/event.decorator.js';

type EventClass = abstract new (...args: never[]) => object;

const definition = (type: EventClass) => getEventDefinition(type as never) as EventDefinition;
const fire = async (type: EventClass, value: object, validate = true) =>
  encode(definition(type), value, { validate });
const receive = (type: EventClass, parameters: Record<string, unknown>) =>
  decode(type as never, parameters, { cast: true });

@Event('unfit.frozen')
class Frozen {
  @IsString() id!: string;
  constructor() {
    Object.freeze(this);
  }
}

@Event('unfit.elsewhere')
class Elsewhere {
  @IsString() id!: string;
  constructor() {
    return {} as Elsewhere;
  }
}

const SHARED: object[] = [];

@Event('unfit.shared')
class Shared {
  @IsString() id!: string;
  constructor() {
    if (SHARED[0]) return SHARED[0] as Shared;
    SHARED.push(this);
  }
}

@Event('unfit.fixed')
class Fixed {
  @IsString() id!: string;
  constructor() {
    Object.defineProperty(this, 'id', { value: 'fixed' });
  }
}

describe('a class whose constructor makes what can not be filled', () => {
  it.each([Frozen, Fixed])('is filled all the same: %p', async (type) => {
    expect((await fire(type, { id: 'x' })).parameters).toEqual({ id: 'x' });
    const { payload, note } = receive(type, { id: 'x' });
    expect(payload).toBeInstanceOf(type);
    expect(payload).toEqual({ id: 'x' });
    expect(note).toBeUndefined();
  });

  it.each([Elsewhere, Shared])('is received without its constructor, and %p says so', (type) => {
    const [first, second] = ['x', 'y'].map((id) => receive(type, { id }));
    expect(first?.payload).toBeInstanceOf(type);
    expect([first?.payload, second?.payload]).toEqual([{ id: 'x' }, { id: 'y' }]);
    expect(first?.note).toMatch(/was made without its constructor \(it makes /);
  });
});

describe('an event class that is more than its properties', () => {
  @Event('unfit.error')
  class Failed extends Error {
    @IsString() id!: string;
  }

  it('is refused, as an instance and as a payload, validated or not, saying why', async () => {
    for (const validate of [true, false]) {
      for (const value of [{ id: 'x' }, Object.assign(new Failed(), { id: 'x' })]) {
        const fired = fire(Failed, value, validate);
        await expect(fired).rejects.toThrow(EventDefinitionError);
        await expect(fired).rejects.toThrow(/'unfit\.error' .* Failed extends a built-in class/);
      }
    }
  });

  it('is received all the same', () => {
    expect(receive(Failed, { id: 'x' }).payload).toBeInstanceOf(Failed);
  });
});

describe('values that are computed', () => {
  @Event('unfit.computed')
  class Computed {
    #secret?: string;
    @IsInt() n = 0;
    @IsOptional() @IsString() get secret() {
      return this.#secret;
    }
    @Expose() get twice() {
      return this.n * 2;
    }
    @Expose() thrice() {
      return this.n * 3;
    }
    @Expose() get now() {
      return process.hrtime.bigint().toString();
    }
    static of(secret?: string) {
      const made = new Computed();
      made.#secret = secret;
      return made;
    }
  }

  it('are refused where nothing that they are computed of is sent', async () => {
    const fired = fire(Computed, Computed.of('x'));
    await expect(fired).rejects.toThrow(EventValidationError);
    await expect(fired).rejects.toThrow(
      'secret: secret must be made of properties that are sent, or have a setter',
    );
  });

  it('are accepted where readers compute them again, and read without a note', async () => {
    const { parameters } = await fire(Computed, Computed.of());
    expect(Object.keys(parameters).sort()).toEqual(['n', 'now', 'thrice', 'twice']);
    const { payload, note } = receive(Computed, parameters);
    expect([(payload as Computed).twice, note]).toEqual([0, undefined]);
    expect(await validateIncoming(Computed, parameters)).toEqual([]);
  });
});

describe('a discriminator', () => {
  class Card {
    @IsInt() n!: number;
  }
  class Cash extends Card {}

  @Event('unfit.shared_name')
  class Shared {
    @ValidateNested()
    @Type(() => Card, {
      discriminator: {
        property: 'kind',
        subTypes: [Card, Cash].map((value) => ({ value, name: 'x' })),
      },
    })
    by!: Card;
  }
  @Event('unfit.nameless')
  class Nameless {
    @ValidateNested()
    @Type(() => Card, { discriminator: { property: 'kind' } as never })
    by!: Card;
  }

  it('that has one name for two classes refuses the one that would be read as the other', async () => {
    const by = (type: typeof Card) =>
      Object.assign(new Shared(), { by: Object.assign(new type(), { n: 1 }) });
    await expect(fire(Shared, by(Card))).resolves.toBeDefined();
    await expect(fire(Shared, by(Cash))).rejects.toThrow(
      "by must be of a class whose discriminator name 'x' no other class has",
    );
  });

  it('that names no class is none, as in class-transformer', async () => {
    const { payload, parameters } = await fire(Nameless, { by: { n: 1 } });
    expect(payload).toEqual(
      Object.assign(new Nameless(), { by: Object.assign(new Card(), { n: 1 }) }),
    );
    expect(receive(Nameless, parameters).payload).toEqual(payload);
  });
});

describe('what code of a class throws when an event is received', () => {
  const THROWN = {
    'an error': new Error('not set'),
    nothing: undefined,
    null: null,
    'a symbol': Symbol('thrown'),
    'an object without a prototype': Object.create(null) as unknown,
    'an error whose message is a number': Object.assign(new Error(), { message: 5 }),
    'an error whose message throws': Object.defineProperty(new Error(), 'message', {
      get() {
        throw new Error('again');
      },
    }),
    'a proxy of nothing any more': (() => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy as unknown;
    })(),
  };

  it.each(Object.entries(THROWN))('%s keeps what was received', (_, thrown) => {
    @Event(`unfit.throws`)
    class Throws {
      @Allow() n!: number;
      @Transform(
        () => {
          throw thrown;
        },
        { toClassOnly: true },
      )
      @Exclude({ toPlainOnly: true })
      @Allow()
      transformed!: string;
      set written(_: string) {
        throw thrown;
      }
      set declared(_: string) {
        throw thrown;
      }
      constructor() {
        throw thrown;
      }
    }
    Allow()(Throws.prototype, 'declared');
    const parameters = { n: 1, transformed: 't', written: 'w', declared: 'd' };
    const { payload, note } = receive(Throws, parameters);
    expect(payload).toBeInstanceOf(Throws);
    expect(payload).toEqual(parameters);
    for (const name of ['transformed', 'written', 'declared']) {
      expect(note).toContain(`Throws.${name} was not cast (`);
    }
    expect(note).toContain('Throws was made without its constructor (');
  });
});
