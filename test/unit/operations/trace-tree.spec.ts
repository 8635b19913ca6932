import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatTraceNode } from '../../../lib/cli/inspect/format-trace.js';
import type { TracedEvent } from '../../../lib/operations/trace.js';
import { traceTree } from '../../../lib/operations/trace-tree.js';

function event(id: string, sequence: number, causationId?: string): TracedEvent {
  return {
    ...{ id, apiName: 'store', eventName: id, version: 1, stream: 'store.*:stream' },
    ...{ nativeId: `1700000000000-${sequence}`, causationId },
  };
}

function shown(events: readonly TracedEvent[]): string[] {
  return [...traceTree(events)].map((node) =>
    formatTraceNode(node, 'human')
      .replace(/ {2}\S+ {2}1700.*?stream/, '')
      .trimEnd(),
  );
}

describe('traceTree', () => {
  it('puts effects under their causes, in the order in which they were stored', () => {
    const events = [
      event('late', 9, 'root'),
      event('leaf', 5, 'early'),
      event('early', 2, 'root'),
      event('root', 1),
      event('last', 10, 'early'),
    ];
    expect(shown(events)).toEqual([
      'store.root',
      '├─ store.early',
      '│  ├─ store.leaf',
      '│  └─ store.last',
      '└─ store.late',
    ]);
  });

  it('says of each line name, id, entry, time and stream', () => {
    const [node] = traceTree([event('root', 1)]);
    expect(formatTraceNode(node!, 'human')).toBe(
      'store.root  root  1700000000000-1  2023-11-14T22:13:20.000Z  store.*:stream\n',
    );
  });

  it('begins a tree with each event whose cause is not there, and says so', () => {
    expect(shown([event('b', 2, 'gone'), event('a', 1), event('c', 3, 'b')])).toEqual([
      'store.a',
      'store.b  (caused by gone, which is not on the bus (any more))',
      '└─ store.c',
    ]);
  });

  it('begins circles somewhere in them, and what they have led to is under them', () => {
    const circle = [event('before', 1, 'a'), event('a', 2, 'b'), event('b', 3, 'a')];
    expect(shown(circle)).toEqual([
      'store.a  (caused by b, which it has led to itself)',
      '├─ store.before',
      '└─ store.b',
    ]);
    expect(shown([event('self', 1, 'self')])).toHaveLength(1);
  });

  it('prints no control characters of strangers', () => {
    const [node] = traceTree([{ ...event('a', 1, '\u001b[2J'), id: '\n' }]);
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    expect(formatTraceNode(node!, 'human')).not.toMatch(/[\u0000-\u001f].*\n/);
  });

  it('grows by no more than a line an event, however long the chain', () => {
    const chain = Array.from({ length: 20_000 }, (_, i) =>
      event(`e${i}`, i, i > 0 ? `e${i - 1}` : undefined),
    );
    const lines = [...traceTree(chain)].map((node) => formatTraceNode(node, 'human'));
    expect(lines).toHaveLength(20_000);
    expect(lines.at(-1)).toContain('[19999] store.e19999');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(300);
  });

  it('has each event once, and each cause that is there before its effects but for circles', () => {
    const id = fc.constantFrom(...Array.from('abcdef'));
    const events = fc
      .array(fc.record({ id, causationId: fc.option(id, { nil: undefined }) }), { maxLength: 10 })
      .map((all) => all.map((one, i) => event(one.id, i, one.causationId)));
    fc.assert(
      fc.property(events, (all) => {
        const nodes = [...traceTree(all)];
        expect(new Set(nodes.map((node) => node.event))).toEqual(new Set(all));
        expect(nodes).toHaveLength(all.length);
        for (const [i, node] of nodes.entries()) {
          const above = nodes.slice(0, i).findLast(({ depth }) => depth === node.depth - 1);
          if (node.depth > 0) expect(above?.event.id).toBe(node.event.causationId);
          else expect(node.event.causationId === undefined).toBe(node.begins === undefined);
        }
      }),
    );
  });

  it('prints a line of JSON for each event', () => {
    const [, node] = traceTree([
      event('a', 1),
      { ...event('b', 2, 'a'), correlationId: 'a', firedAt: 1 },
    ]);
    expect(JSON.parse(formatTraceNode(node!, 'json'))).toEqual({
      ...{ depth: 1, id: 'b', native_id: '1700000000000-2', api_name: 'store', event_name: 'b' },
      ...{ version: 1, timestamp: '2023-11-14T22:13:20.000Z', stream: 'store.*:stream' },
      ...{ fired_at: '1970-01-01T00:00:00.001Z', correlation_id: 'a', causation_id: 'a' },
    });
  });
});
