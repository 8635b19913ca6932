import { types } from 'node:util';
import { isObservable, lastValueFrom } from 'rxjs';
import { reasonOf } from '../event/reason.js';

/**
 * What a handler, an interceptor or a filter returned, once all that it stands for has happened. An
 * Observable does nothing until somebody subscribes to it, and a generator nothing until somebody asks
 * it for values: both are run to their end here.
 *
 * @throws what it rejects with or throws on the way.
 */
export async function outcomeOf(result: unknown): Promise<unknown> {
  const value = await result;
  // Nest's own way fails where nothing is emitted; a handler that completes has handled the event.
  if (isObservable(value)) return outcomeOf(lastValueFrom(value, { defaultValue: undefined }));
  if (types.isGeneratorObject(value)) await runToEnd(value);
  return value;
}

/** The same, where there is something to wait for: what is no object stands for nothing. */
export function pendingOutcomeOf(result: unknown): Promise<void> | undefined {
  const mayStandForMore =
    (typeof result === 'object' && result !== null) || typeof result === 'function';
  return mayStandForMore ? outcomeOf(result).then(nothing) : undefined;
}

function nothing(): void {
  // Nobody asks what a handler returned.
}

async function runToEnd(steps: Iterable<unknown> | AsyncIterable<unknown>): Promise<void> {
  for await (const step of steps) await outcomeOf(step);
}

/**
 * What is thrown where an exception filter threw. One that was written for HTTP throws because there is
 * no response, and what the handler threw would be told by nobody: it becomes the cause.
 */
export function thrownByFilter(thrown: unknown, given: unknown): unknown {
  if (thrown === given || !(thrown instanceof Error) || thrown.cause !== undefined) return thrown;
  const error = new Error(`${thrown.message || reasonOf(thrown)} (in an exception filter)`, {
    cause: given,
  });
  error.name = thrown.name;
  error.stack = thrown.stack;
  return error;
}
