import { compareEntryIds } from '../wire/entry-id.js';
import type { TracedEvent } from './trace.js';

/** An event in the tree of what has caused what. */
export interface TraceNode {
  readonly event: TracedEvent;
  /** 0 for what begins a tree. */
  readonly depth: number;
  /** For itself and each event above it that has something above it: whether it is the last one of its cause. */
  readonly last: readonly boolean[];
  /**
   * Why it begins a tree though it has a cause: that is `missing` (trimmed, or never stored here), or it is one of its
   * own effects (`circular`), as strangers can write it.
   */
  readonly begins?: 'missing' | 'circular';
}

/** How many levels {@link TraceNode.last} says; of what is deeper, those of the highest. */
export const DEEPEST_SHOWN = 32;

/**
 * The events as trees, each cause before its effects, all of one cause in the order in which they were stored.
 * Every event comes once. Where several have one id, the first is the cause.
 */
export function* traceTree(events: readonly TracedEvent[]): Generator<TraceNode, void, void> {
  const sorted = [...events].sort(inOrder);
  const byId = new Map<string, TracedEvent>();
  for (const event of sorted) if (!byId.has(event.id)) byId.set(event.id, event);
  const effects = new Map<TracedEvent, TracedEvent[]>();
  for (const event of sorted) {
    const cause = causeOf(event, byId);
    if (!cause) continue;
    const others = effects.get(cause);
    if (others) others.push(event);
    else effects.set(cause, [event]);
  }
  const seen = new Set<TracedEvent>();
  for (const event of sorted) {
    if (causeOf(event, byId)) continue;
    const begins = event.causationId === undefined ? undefined : 'missing';
    yield* treeOf({ event, depth: 0, last: [], ...(begins && { begins }) }, effects, seen);
  }
  for (const left of sorted) {
    if (seen.has(left)) continue;
    const event = inCircle(left, byId);
    yield* treeOf({ event, depth: 0, last: [], begins: 'circular' }, effects, seen);
  }
}

/** One of the events that have caused each other, of those that have led to this one. */
function inCircle(event: TracedEvent, byId: ReadonlyMap<string, TracedEvent>): TracedEvent {
  const passed = new Set<TracedEvent>();
  let at = event;
  while (!passed.has(at)) {
    passed.add(at);
    at = causeOf(at, byId) ?? at;
  }
  return at;
}

function causeOf(
  { causationId }: TracedEvent,
  byId: ReadonlyMap<string, TracedEvent>,
): TracedEvent | undefined {
  return causationId === undefined ? undefined : byId.get(causationId);
}

function* treeOf(
  root: TraceNode,
  effects: ReadonlyMap<TracedEvent, readonly TracedEvent[]>,
  seen: Set<TracedEvent>,
): Generator<TraceNode, void, void> {
  const open = [root];
  seen.add(root.event);
  // Not by calling itself: a chain may be longer than the call stack.
  for (let node = open.pop(); node; node = open.pop()) {
    yield node;
    const following = (effects.get(node.event) ?? []).filter((event) => !seen.has(event));
    for (let i = following.length - 1; i >= 0; i--) {
      const event = following[i];
      if (!event) continue;
      seen.add(event);
      const last = [...node.last, i === following.length - 1].slice(0, DEEPEST_SHOWN);
      open.push({ event, depth: node.depth + 1, last });
    }
  }
}

function inOrder(a: TracedEvent, b: TracedEvent): number {
  return compareEntryIds(a.nativeId, b.nativeId) || (a.stream < b.stream ? -1 : 1);
}
