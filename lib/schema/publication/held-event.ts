import type { SchemaIncompatibleError } from '../../errors.js';
import { PublishError } from '../../fire-errors.js';
import { failsAgain } from '../../redis/refusal.js';

/** The error of an event that has waited for the schema of its API in vain. @param cause why that is not published. */
export function lateEvent(apiName: string, cause: Error | undefined): PublishError {
  const reason = cause ? withRights(cause.message) : 'no answer in time.';
  return new PublishError(
    `An event of '${apiName}' was not stored, as the schema of its API comes first, and is not published yet: ${reason}`,
    // What Redis has said begins the message of what is in its context.
    { retry: cause && failsAgain(cause.cause ?? cause) ? 'never' : 'again' },
    { cause },
  );
}

/** The error of an event whose API's schema will not be published. */
export function refusedEvent(apiName: string, cause: SchemaIncompatibleError): PublishError {
  return new PublishError(
    `An event of '${apiName}' was not stored, as the schema of its API comes first, and is refused: ${cause.message}`,
    { retry: 'never' },
    { cause },
  );
}

/** Which keys are needed, where a right is missing. */
export function withRights(message: string): string {
  if (!message.includes('NOPERM')) return message;
  return `${message} Schemas need the keys 'schemas', 'schema:*' and 'lightbus:*'.`;
}
