import { InvalidOptionsError } from '../errors.js';
import { handledEvent, type HandledEvent } from '../event/handled-event.js';
import { SIDE_TEXTS, type SideData } from '../event/side-data.js';
import {
  givenNames,
  givenSide,
  traceIdOf,
  type GivenSide,
  type SenderOptions,
} from './sender-options.js';

/** Says what is stored of an event beside its payload: when it is fired, what was given, what its handler carries on. */
export class Sender {
  /** @param isOn setting `bus.headers`: without it, entries are exactly as Python writes them. */
  constructor(private readonly isOn: boolean) {}

  /**
   * What the options of a call say; `undefined` where they say nothing.
   *
   * @param call whose options they are: `fire`.
   * @throws InvalidOptionsError for options that can't be, and for any where side data are off.
   */
  given(call: string, options: SenderOptions): GivenSide | undefined {
    const names = givenNames(options);
    if (names.length === 0) return undefined;
    if (this.isOn) return givenSide(call, options);
    throw new InvalidOptionsError(
      `'${call}' was given ${names.map((name) => `'${name}'`).join(', ')}, and the setting bus.headers is false: ` +
        'entries are written exactly as Python does, which has no place for it. Nothing was sent. Leave the option ' +
        'out, or set bus.headers to true, which Python services read as well.',
    );
  }

  /** Side data of what is fired now, by the code that calls this; `undefined` where none is to be stored. */
  sideOf(given: GivenSide | undefined): SideData | undefined {
    if (!this.isOn) return undefined;
    const cause = handledEvent();
    return {
      // For people: it may be set back meanwhile.
      firedAt: new Date().getTime(),
      correlationId: given?.correlationId ?? (cause && correlationOf(cause)),
      causationId: given?.causationId ?? (cause && idOf(cause)),
      traceparent: given?.traceparent ?? cause?.traceparent,
      tracestate: given?.tracestate ?? (cause && stateOf(cause, given)),
      headers: given?.headers,
    };
  }
}

function correlationOf(cause: HandledEvent): string | undefined {
  return cause.correlationId ?? idOf(cause);
}

// Others' ids may be anything; one that no reader would take is not carried on.
function idOf({ id }: HandledEvent): string | undefined {
  return SIDE_TEXTS.causationId.accepts(id) ? id : undefined;
}

function stateOf(
  { traceparent, tracestate }: HandledEvent,
  given: GivenSide | undefined,
): string | undefined {
  const isOfAnother =
    given?.traceparent !== undefined && traceIdOf(given.traceparent) !== traceIdOf(traceparent);
  return isOfAnother ? undefined : tracestate;
}
