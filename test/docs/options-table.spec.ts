import { describe, expect, it } from '@jest/globals';
import { declaredNodes } from '../../lib/config/options/option-paths.js';
import {
  describeOptions,
  renderOptionsTable,
  renderOptionsWithoutEffect,
} from './options-table.js';

const REDIS = 'apis.<api>.event_transport.redis';

describe('describeOptions', () => {
  const options = new Map(describeOptions().map((option) => [option.path, option]));

  it('has every option', () => {
    for (const { path, isSection } of declaredNodes()) {
      if (!isSection) expect(options.has(path)).toBe(true);
    }
  });

  it('gives type, both defaults, unit and whether there is an effect', () => {
    expect(options.get(`${REDIS}.batch_size`)).toMatchObject({
      type: 'a whole number from 1 to 100000',
      default: '1',
      pythonDefault: '10',
      unit: 'events',
      used: true,
    });
    expect(options.get(`${REDIS}.max_stream_length`)).toMatchObject({
      type: 'a whole number of at least 0, or null',
      default: 'null',
      pythonDefault: '100000',
    });
    expect(options.get('apis.<api>.rpc_transport.redis.batch_size')).toMatchObject({ used: false });
  });

  it('has a sentence for every option', () => {
    for (const { description } of options.values()) expect(description).toMatch(/\.$/);
  });

  it('has what is no option: the shorthand of validate, and transports without options', () => {
    expect(options.get('apis.<api>.validate')?.type).toContain('true or false');
    expect(options.has('apis.<api>.event_transport.memory')).toBe(true);
  });
});

describe('the tables of options', () => {
  const rowsOf = (table: string) => table.trimEnd().split('\n').slice(2);

  it('have one Markdown row for each option, in the table of those with an effect or of those without', () => {
    const [head, rule] = renderOptionsTable().split('\n');
    expect(head).toBe('| Key | Value | Default | Default in Python | Meaning |');
    expect(rule).toBe('| --- | --- | --- | --- | --- |');
    const used = rowsOf(renderOptionsTable());
    const unused = rowsOf(renderOptionsWithoutEffect());
    expect(used).toHaveLength(describeOptions().filter((option) => option.used).length);
    expect(used.length + unused.length).toBe(describeOptions().length);
    for (const row of [...used, ...unused]) {
      expect(row.replaceAll('\\|', '').split('|')).toHaveLength(7);
    }
    expect(used).toContainEqual(
      expect.stringContaining(
        `| \`${REDIS}.stream_use\` | 'per_api' or 'per_event' | \`"per_api"\` |`,
      ),
    );
    expect(unused.join('\n')).toContain('| `apis.<api>.rpc_timeout` |');
  });
});
