import { DisconnectedError } from '../../errors.js';
import type { Member } from '../../store/consumer-groups.js';
import { replaced } from '../../store/ownership-errors.js';
import type { EventStore } from '../../store/event-store.js';
import type { Presence } from './presence.js';

/** Whether what was true when a group was opened still is: the same connection, and the name ours. */
export class Tenure {
  private session = 0;
  private lapses = 0;

  constructor(
    private readonly store: EventStore,
    private readonly member: Member,
    private readonly presence: Presence,
  ) {}

  /** The group is about to be opened. */
  begin(): void {
    this.session = this.store.session(this.member.stream);
    this.lapses = this.presence.lapses;
  }

  /** Whether the connection is the one that the group was opened on. */
  get isSameSession(): boolean {
    return this.store.session(this.member.stream) === this.session;
  }

  /** Whether {@link check} has nothing to ask and nothing to throw. */
  get isSettled(): boolean {
    const { isSure, lapses } = this.presence;
    return isSure && lapses === this.lapses && this.isSameSession;
  }

  /** @throws DisconnectedError where the connection is another one: what came over it stays pending. */
  checkSession(): void {
    if (this.isSameSession) return;
    throw new DisconnectedError(
      `The connection to ${this.store.description} is a new one: '${this.member.stream}' has to be opened again.`,
    );
  }

  /**
   * Asks, where this process has stood still, whether the name is still ours.
   *
   * @throws DisconnectedError, ReplacedError
   */
  async check(): Promise<void> {
    this.checkSession();
    const { presence, store, member } = this;
    if (!presence.isSure) await presence.beat();
    const { lapses } = presence;
    if (lapses === this.lapses) return;
    if (!(await store.holds(member))) throw replaced(member);
    this.lapses = lapses;
  }
}
