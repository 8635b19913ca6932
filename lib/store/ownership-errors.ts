import { GroupNameInUseError, ProcessNameInUseError, TransportError } from '../errors.js';
import type { ConsumerRef, GroupRef, Holder, Member } from './consumer-groups.js';
import type { GroupOwner } from './group-state.js';

/**
 * Another process has taken the consumer's name, or all that was known of the group was flushed: what was
 * asked for was not done. Open the group again, which tells who it is.
 */
export class ReplacedError extends TransportError {}

/** The error of a call in the name of a process that has been replaced. */
export function replaced({ consumer, group, stream }: Member): ReplacedError {
  return new ReplacedError(
    `Consumer '${consumer}' of group '${group}' on '${stream}' is not this process's any more: another ` +
      "one has taken the name, or the group's state was deleted.",
  );
}

/** The error of opening a group under a name that another live process has. */
export function nameInUse(
  { group, consumer }: ConsumerRef,
  { pid, host, since }: Omit<Holder, 'token'>,
): ProcessNameInUseError {
  // What another process has written: as JSON it can't forge a line of the log.
  const other = [pid, host, since].map((said) => JSON.stringify(String(said)).slice(1, -1));
  return new ProcessNameInUseError(
    `The process name '${consumer}' is in use in consumer group '${group}': process ${other[0]} on ` +
      `host '${other[1]}' has it, since ${other[2]}. Stop that process, or give this one ` +
      'another process name. (A process that was killed frees its name after a few seconds.)',
  );
}

/** The error of opening a group whose name another listener has put together from other halves. */
export function groupInUse({ group, stream }: GroupRef, owner: GroupOwner): GroupNameInUseError {
  const [service, listener] = [JSON.stringify(owner.service), JSON.stringify(owner.listener)];
  return new GroupNameInUseError(
    `The consumer group '${group}' on '${stream}' belongs to listener ${listener} of service ${service}: ` +
      'both names together are the same text. The two listeners would share one group, and each event ' +
      'would reach only one of them. Rename the service or the listener.',
  );
}
