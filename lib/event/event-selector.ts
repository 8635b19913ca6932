import type { Type } from '@nestjs/common';

/** What a listener or a reader of history asks for: an event class, `'<api>.<event>'`, or `'<api>.*'` for every event of an API. */
export type EventSelector = Type<object> | string;

/** What selects events by their classes alone. */
export type EventClasses = Type<object> | readonly Type<object>[];

/** The instances of a class, or of any class of a list. */
export type InstanceOf<Classes extends EventClasses> = Classes extends
  Type<infer Event extends object> | readonly Type<infer Event extends object>[]
  ? Event
  : never;
