import { findRemains, removeRemains, type Remains } from '../../operations/retire-listener.js';
import type { Retirement } from '../../store/retirement.js';
import { printable } from '../../wire/printable.js';
import { CommandError } from '../command-error.js';
import { confirm } from '../confirm.js';
import { openBus, readConfig } from '../open-bus.js';
import { Output } from '../output.js';
import { StderrLogger } from '../stderr-logger.js';
import { count, widthForPeople } from '../for-people.js';
import { countUnhandled, describeUser, formatRemains } from './format-remains.js';
import type { RetireOptions } from './retire-options.js';

/** `lightbus retire`. @throws ConfigurationError, CommandError, TransportError */
export async function retire(listener: string, options: RetireOptions): Promise<void> {
  const logger = new StderrLogger(options.logLevel);
  const bus = openBus(await readConfig(options, logger), logger, false);
  const output = new Output(process.stdout);
  try {
    const remains = await findRemains(bus, { listener, ...options });
    const [first] = remains;
    if (!first) {
      await output.write(
        `There is nothing of a listener '${printable(listener)}'${describeService(options)}. ` +
          "'lightbus status' shows all consumer groups.\n",
      );
    } else if (options.consumers) await removeConsumers(remains, options, output);
    else await removeListener(first.ref.group, remains, options, output);
  } finally {
    await bus.close();
  }
}

async function removeListener(
  group: string,
  remains: readonly Remains[],
  { withDeadLetters = false, yes }: RetireOptions,
  output: Output,
): Promise<void> {
  const width = widthForPeople();
  const shown = remains.map((one) => formatRemains(one, !withDeadLetters, width));
  await output.write(`${shown.join('\n\n')}\n\n`);
  const users = remains.flatMap(({ retirement }) => retirement.users);
  if (users.length > 0) throw inUse(group, users.map(describeUser), 'Nothing was done.');
  if (!withDeadLetters && !remains.some(({ retirement }) => retirement.exists)) {
    await output.write(
      'Only dead letters are left of it: look at them, then add --with-dead-letters.\n',
    );
    return;
  }
  const { count: unhandled, isAtLeast } = countUnhandled(remains);
  const letters = remains.reduce((sum, { retirement }) => sum + retirement.letters, 0);
  const events = `${isAtLeast ? 'at least ' : ''}${count(unhandled, 'event')}`;
  const question =
    `Retire '${printable(group)}' on ${count(remains.length, 'stream')}? ` +
    `It leaves ${events} unhandled, which stay in the streams` +
    (withDeadLetters && letters > 0
      ? `, and removes ${count(letters, 'dead letter')} for good.`
      : '.');
  if (!(await confirm(question, yes))) {
    await output.write('Nothing was done.\n');
    return;
  }
  const done = await removeRemains(remains, withDeadLetters ? 'group_and_letters' : 'group');
  for (const [i, { ref }] of remains.entries())
    await output.write(`${printable(ref.stream)}: ${describeDone(done[i], withDeadLetters)}\n`);
  const since = done.flatMap((one) => one.users.map(describeUser));
  if (since.length > 0) throw inUse(group, since, 'Where it is, the group is still there.');
}

async function removeConsumers(
  remains: readonly Remains[],
  { yes }: RetireOptions,
  output: Output,
): Promise<void> {
  const unused = remains.flatMap(({ ref, retirement }) =>
    retirement.unused.map((name) => `${printable(name)} on ${printable(ref.stream)}`),
  );
  if (unused.length === 0) {
    await output.write('Each of its consumers holds an event, or is used by a process.\n');
    return;
  }
  await output.write(`${unused.join('\n')}\n\n`);
  const question = `Remove ${count(unused.length, 'consumer')}? They hold no event.`;
  const isWanted = await confirm(question, yes);
  const removed = isWanted ? await removeRemains(remains, 'unused_consumers') : [];
  const all = removed.flatMap((one) => one.unused);
  await output.write(`removed: ${all.length}\n`);
}

function describeDone(retirement: Retirement | undefined, withDeadLetters: boolean): string {
  const { exists, letters, users } = retirement ?? { exists: false, letters: 0, users: [] };
  if (users.length > 0) return 'not retired';
  const group = exists ? 'retired' : 'no group';
  if (letters === 0) return group;
  return `${group}, ${count(letters, 'dead letter')} ${withDeadLetters ? 'removed' : 'kept'}`;
}

function inUse(group: string, users: readonly string[], outcome: string): CommandError {
  return new CommandError(
    `'${printable(group)}' is in use by ${[...new Set(users)].map(printable).join(', ')}. ${outcome} ` +
      'Deploy code without the listener and stop its workers first: they would make the group again.',
  );
}

function describeService({ serviceName }: RetireOptions): string {
  return serviceName === undefined
    ? ' of the service that the configuration names (--service-name names another one)'
    : ` of service '${printable(serviceName)}'`;
}
