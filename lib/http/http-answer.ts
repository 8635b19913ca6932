import {
  ProjectionStoppedError,
  TransportError,
  WaitTimeoutError,
  type LightbusError,
} from '../errors.js';
import {
  BusClosedError,
  ConcurrencyError,
  EventValidationError,
  FireError,
  type InvalidProperty,
} from '../fire-errors.js';

/** What a client of HTTP is told of an error. */
export interface HttpAnswer {
  readonly status: number;
  /** As Nest's own exceptions have it: `statusCode`, `message`, `error`, and what is particular to the error. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** One property of an event that failed validation, as a client is told of it: without its value. */
type ToldProperty = Omit<InvalidProperty, 'value'>;

/** After how many seconds a client should ask again: as long as a connection waits at most before it tries again. */
const RETRY_AFTER_S = 5;

/**
 * What becomes of an error in HTTP. No text of the error itself gets there but what the rules of an event say: how
 * Redis is reached, and why it is not, is for the log.
 *
 * @param invalidStatus of events that are not valid.
 */
export function httpAnswerOf(error: LightbusError, invalidStatus: 400 | 422): HttpAnswer {
  // Where a rule threw, the program is wrong, and the text is that of what it threw.
  if (error instanceof EventValidationError && error.cause === undefined) {
    return invalid(error.properties, invalidStatus);
  }
  if (error instanceof ConcurrencyError) {
    return answer(
      409,
      'Conflict',
      'Somebody else has changed it at the same time. Nothing was stored: load it again, and decide anew.',
    );
  }
  if (error instanceof FireError) return ofFiring(error);
  if (error instanceof TransportError) {
    return unavailable("The event store can't be reached, or refused. Try again later.");
  }
  if (error instanceof WaitTimeoutError || error instanceof ProjectionStoppedError) {
    return answer(
      504,
      'Gateway Timeout',
      'What was waited for has not happened in time. What was stored stays stored: look for it later, and ' +
        'do not send it again.',
    );
  }
  return answer(500, 'Internal Server Error', INTERNAL);
}

const INTERNAL = 'Internal server error';

function ofFiring(error: FireError): HttpAnswer {
  if (error.retry === 'with_ids') {
    // Without Retry-After: whoever sends it again unseen may store the events twice.
    return answer(
      503,
      'Service Unavailable',
      'The event store did not confirm it: the events may have been stored, all, some or none of them. Look ' +
        'for what they change before you send it again.',
      { ids: error.ids },
    );
  }
  if (error.retry === 'again' || error instanceof BusClosedError) {
    return unavailable("The event store can't be reached. Nothing was stored: try again later.");
  }
  return answer(500, 'Internal Server Error', INTERNAL);
}

function invalid(properties: readonly InvalidProperty[], status: 400 | 422): HttpAnswer {
  const told = properties.map(({ path, constraints, index }): ToldProperty => {
    return { path, constraints, ...(index !== undefined && { index }) };
  });
  return answer(
    status,
    status === 400 ? 'Bad Request' : 'Unprocessable Entity',
    told.flatMap(messagesOf),
    { properties: told },
  );
}

/** As the ValidationPipe has them: a message says the name of the property, and has the path to it before. */
function messagesOf({ path, constraints }: ToldProperty): string[] {
  const parents = path.replace(/[^.]*$/, '');
  return Object.values(constraints).map((message) => parents + message);
}

function unavailable(message: string): HttpAnswer {
  const { status, body } = answer(503, 'Service Unavailable', message);
  return { status, body, headers: { 'Retry-After': String(RETRY_AFTER_S) } };
}

function answer(
  status: number,
  error: string,
  message: string | readonly string[],
  more: Readonly<Record<string, unknown>> = {},
): HttpAnswer {
  // Nest's own 500 of an error that nobody knows has no name of it.
  const name = status === 500 ? {} : { error };
  return { status, body: { statusCode: status, message, ...name, ...more }, headers: {} };
}
