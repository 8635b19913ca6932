import { describe, expect, it } from '@jest/globals';
import { formatEvent, type EventEntry } from '../../../lib/cli/inspect/format-event.js';

function entry(parameters: Record<string, unknown>, notes: readonly string[] = []): EventEntry {
  return {
    stream: 'store.orders.*:stream',
    nativeId: '1700000000000-3',
    timestamp: new Date(1_700_000_000_000),
    content: {
      kind: 'event',
      id: 'e1',
      apiName: 'store.orders',
      eventName: 'placed',
      version: 1,
      parameters,
      notes,
    },
  };
}

describe('formatEvent', () => {
  it('prints one line of JSON', () => {
    expect(formatEvent(entry({ orderId: 'o1', sum: 12345678901234567890n }), 'json', 80)).toBe(
      '{"id":"e1","native_id":"1700000000000-3","api_name":"store.orders","event_name":"placed",' +
        '"version":1,"timestamp":"2023-11-14T22:13:20.000Z","stream":"store.orders.*:stream",' +
        '"payload":{"orderId":"o1","sum":12345678901234567890}}\n',
    );
  });

  it('prints indented JSON', () => {
    const text = formatEvent(entry({ lines: [{ sku: 'x' }] }), 'pretty', 80);
    expect(text).toContain('\n  "payload": {\n    "lines": [\n      {\n        "sku": "x"\n');
    expect((JSON.parse(text) as { payload: unknown }).payload).toEqual({ lines: [{ sku: 'x' }] });
  });

  it('prints for people, no title wider than the terminal', () => {
    const lines = formatEvent(entry({ n: 1, lines: ['x'] }), 'human', 40).split('\n');
    expect(lines).toEqual([
      '========= store.orders.placed ==========',
      'Metadata:',
      '    id                  : e1',
      '    native_id           : 1700000000000-3',
      '    api_name            : store.orders',
      '    event_name          : placed',
      '    version             : 1',
      '    timestamp           : 2023-11-14T22:13:20.000Z',
      '    stream              : store.orders.*:stream',
      'Data:',
      '    n                   : 1',
      '    lines               : [',
      '                            "x"',
      '                          ]',
      '',
      '',
    ]);
  });

  it('says what was irregular about an entry', () => {
    expect(
      JSON.parse(formatEvent(entry({}, ['no version: taken as 1']), 'json', 80)),
    ).toMatchObject({ notes: ['no version: taken as 1'] });
    expect(formatEvent(entry({}, ['no version']), 'human', 80)).toContain('["no version"]');
  });

  it.each(['json', 'human'] as const)(
    'names, as %s, what is nested deeper than it can print',
    (format) => {
      let deep: unknown = 1;
      for (let depth = 0; depth < 100_000; depth++) deep = [deep];
      const text = formatEvent(entry({ deep }), format, 80);
      expect(text).toContain('left out, as it is nested too deeply: deep');
    },
  );

  it('lets no control character through, wherever it stands', () => {
    const hostile = entry({ '\u001b]0;x\u0007': '\u009b31m' });
    const named = { ...hostile.content, id: '\u001b[2J', eventName: 'x\u202ey' };
    for (const format of ['json', 'pretty', 'human'] as const) {
      const text = formatEvent({ ...hostile, content: named, stream: 'a\nb' }, format, 80);
      // eslint-disable-next-line no-control-regex -- that none of them is left
      expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    }
  });
});
