import { ProcessNameInUseError } from '../errors.js';
import type { ConsumerRef, EventStore, LeaseHolder } from '../store/event-store.js';

/**
 * How long a process name stays taken after its holder's last sign of life, ms: a process that was
 * killed can start again under its name after that. Not before, on the same host neither: a process
 * that can't be seen may live in another container of the same host name.
 */
export const LEASE_MS = 3_000;

/**
 * The right to read under one consumer's name. Two processes of one name would be handed each
 * other's events as their own pending ones, and handle them twice and out of order.
 */
export class ConsumerLease {
  private until = 0;

  constructor(
    private readonly store: EventStore,
    private readonly ref: ConsumerRef,
    private readonly holder: LeaseHolder,
  ) {}

  /** Takes the lease, or makes it last. @throws ProcessNameInUseError naming the other holder. */
  async take(): Promise<void> {
    const asked = Date.now();
    const other = await this.store.lease(this.ref, this.holder, LEASE_MS);
    if (!other) {
      this.until = asked + LEASE_MS;
      return;
    }
    const { group, consumer } = this.ref;
    throw new ProcessNameInUseError(
      `The process name '${consumer}' is in use in consumer group '${group}': process ${other.pid} on ` +
        `host '${other.host}' has it, since ${other.since}. Stop that process, or give this one ` +
        'another process name. (A process that was killed frees its name after ' +
        `${LEASE_MS / 1000} seconds.)`,
    );
  }

  /** Whether nobody else can have it. Not so once this process has stood still for a while: it may have been replaced. */
  get isSure(): boolean {
    return Date.now() < this.until;
  }

  /** Gives the lease back, if it is ours. */
  release(): Promise<void> {
    return this.store.release(this.ref, this.holder);
  }
}
