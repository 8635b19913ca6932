const throws = () => {
  throw new Error('not even that');
};

const cyclic: Record<string, unknown> = { name: 'cyclic' };
cyclic.self = cyclic;

/** What a handler may throw, although nobody should. */
export const THROWN_VALUES: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  null: null,
  'an empty text': '',
  'a text': 'just words',
  zero: 0,
  'a bigint': 10n,
  'a symbol': Symbol('sign'),
  'a function': throws,
  'a promise': Promise.resolve(),
  'a cyclic object': cyclic,
  'an object whose toString throws': {
    toString: throws,
    toJSON: throws,
    [Symbol.toPrimitive]: throws,
  },
  'an object without a prototype': Object.create(null) as object,
  'an object that inspects badly': { [Symbol.for('nodejs.util.inspect.custom')]: throws },
  'a proxy that refuses everything': new Proxy(
    {},
    { get: throws, getPrototypeOf: throws, ownKeys: throws, getOwnPropertyDescriptor: throws },
  ),
  'an error whose message throws': Object.defineProperty(new Error(), 'message', { get: throws }),
  'an error whose cause throws': Object.defineProperty(new Error('m'), 'cause', { get: throws }),
  'an error whose stack throws': Object.defineProperty(new Error('m'), 'stack', { get: throws }),
  'an error whose message is a symbol': Object.assign(new Error(), { message: Symbol('m') }),
  'an error whose stack is an object': Object.assign(new Error('m'), { stack: cyclic }),
  'an error without anything': Object.assign(new Error(''), { name: '' }),
};
