import { TransportError } from '../../../lib/errors.js';
import { MemoryStore } from '../../../lib/store/memory/memory.store.js';
import type { EventStore } from '../../../lib/store/event-store.js';

type Method = {
  [K in keyof EventStore]: EventStore[K] extends (...args: never[]) => unknown ? K : never;
}[keyof EventStore];

/** A call that was made, with its arguments. */
export interface Call {
  readonly method: Method;
  readonly args: readonly unknown[];
}

/** A call that stands still until it is released. */
export interface Held {
  /** Resolves when the call has come. */
  readonly entered: Promise<void>;
  release(): void;
}

type Step = (pass: () => Promise<unknown>) => Promise<unknown>;

/** The in-memory store, whose calls can be made to fail or to take their time. */
export class FaultyStore {
  /** Where the calls go. Another one is what a flushed Redis looks like. */
  memory = new MemoryStore();
  readonly calls: Call[] = [];
  private readonly steps = new Map<Method, Step[]>();

  readonly store: EventStore = new Proxy(this.memory, {
    get: (_, name: string | symbol) => {
      // However often it is flushed.
      if (name === 'place') return 'faulty';
      const member: unknown = Reflect.get(this.memory, name);
      const isOurs = name in MemoryStore.prototype && !(name in Object.prototype);
      if (typeof member !== 'function' || !isOurs) return member;
      // Those that do not promise anything.
      if (name === 'listen') return this.memory.listen.bind(this.memory);
      if (name === 'session') return () => this.memory.session();
      return (...args: unknown[]) => this.call(name as Method, args);
    },
  });

  /** The next `times` calls fail, without effect. */
  fail(method: Method, times = 1, error: Error = new TransportError(`${method} failed`)): void {
    for (let i = 0; i < times; i++) this.add(method, () => Promise.reject(error));
  }

  /** The next call fails after it had its effect: the answer is lost. */
  loseAnswer(method: Method, error: Error = new TransportError(`${method}: answer lost`)): void {
    this.add(method, async (pass) => {
      await pass();
      throw error;
    });
  }

  /** The next call waits before it has its effect; with an error it fails instead of having it. */
  hold(method: Method, error?: Error): Held {
    let release = (): void => undefined;
    let enter = (): void => undefined;
    const entered = new Promise<void>((resolve) => (enter = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    this.add(method, async (pass) => {
      enter();
      await released;
      if (error) throw error;
      return pass();
    });
    return { entered, release };
  }

  /** The next call has its effect at once; its answer waits until it is released. */
  holdAnswer(method: Method): Held {
    let release = (): void => undefined;
    let enter = (): void => undefined;
    const entered = new Promise<void>((resolve) => (enter = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    this.add(method, async (pass) => {
      const answer = await pass();
      enter();
      await released;
      return answer;
    });
    return { entered, release };
  }

  /** The next call has its effect, and another answer. */
  change(method: Method, answer: (real: unknown) => unknown): void {
    this.add(method, async (pass) => answer(await pass()));
  }

  /** The next call has this answer, and no effect. */
  instead(method: Method, answer: unknown): void {
    this.add(method, () => Promise.resolve(answer));
  }

  /** Arguments of the calls of one method so far. */
  callsOf(method: Method): (readonly unknown[])[] {
    return this.calls.filter((call) => call.method === method).map(({ args }) => args);
  }

  private add(method: Method, step: Step): void {
    this.steps.set(method, [...(this.steps.get(method) ?? []), step]);
  }

  private async call(method: Method, args: readonly unknown[]): Promise<unknown> {
    this.calls.push({ method, args });
    const pass = async () =>
      (this.memory[method] as (...given: readonly unknown[]) => unknown)(...args);
    const step = this.steps.get(method)?.shift();
    return step ? step(pass) : pass();
  }
}
