type Callable = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);

/**
 * The properties of an event class, without its methods: what `fire(EventClass, payload)` takes. (TypeScript can't tell
 * a getter from a `readonly` property: an event with getters is fired as an instance.)
 */
export type EventPayload<T> = {
  [K in keyof T as T[K] extends Callable ? never : K]: T[K];
};

/** Whether nothing is known of the class: `object`. (A class without properties takes texts, too.) */
type IsUnknown<T> = [keyof T] extends [never] ? (string extends T ? false : true) : false;

/** {@link EventPayload}, where nothing is allowed that an event without properties does not have. */
type ExactPayload<T> =
  IsUnknown<T> extends true
    ? object
    : [keyof EventPayload<T>] extends [never]
      ? Readonly<Record<string, never>>
      : EventPayload<T>;

/** What follows the class in a `fire`: the payload may be left out where no property is required. */
export type PayloadAndOptions<T, Options> =
  object extends EventPayload<T>
    ? [payload?: ExactPayload<T>, options?: Options]
    : [payload: ExactPayload<T>, options?: Options];

/** An instance, not its class: a class without its payload is no event. */
export type EventInstance<T> = T extends Callable ? never : T;
