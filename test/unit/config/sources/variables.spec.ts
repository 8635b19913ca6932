import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../../lib/config/sources/load-config.js';
import { resolveConfig } from '../../../../lib/config/settings/resolve-config.js';
import { parseText } from '../../../../lib/config/sources/parse-text.js';
import { directoryWith } from '../../../e2e/cli-process.js';

const ENVIRONMENT = {
  HOST: 'redis_host',
  EMPTY: '',
  BATCH: '7',
  ODD: 'a: [b] # "c"',
  SECRET: 'hunter2',
};

/** What a YAML value becomes, written as it is. */
function yaml(value: string): unknown {
  const { value: parsed, findings } = parseText(`key: ${value}`, 'yaml', ENVIRONMENT);
  return findings.length > 0 ? findings : (parsed as { key: unknown }).key;
}

describe('environment variables in a configuration file', () => {
  it.each([
    ["'redis://${HOST}:6379/0'", 'redis://redis_host:6379/0'],
    ['redis://${HOST}:${PORT:-6379}/0', 'redis://redis_host:6379/0'],
    ["'${HOST:-other}'", 'redis_host'],
    ["'${EMPTY:-other}'", 'other'],
    ["'${EMPTY}'", ''],
    ["'${MISSING:-}'", ''],
    ["'${MISSING:-${HOST}}'", 'redis_host'],
    ["'${MISSING:-${ALSO:-last}}'", 'last'],
    ["'${MISSING:-worker-{random4}}'", 'worker-{random4}'],
    ["'$${HOST} $$ $HOST'", '${HOST} $$ $HOST'],
    ['${ODD}', ENVIRONMENT.ODD],
    ['|\n  ${HOST}', 'redis_host\n'],
  ])('%s is %j', (text, expected) => {
    expect(yaml(text)).toBe(expected);
  });

  it('give a number, true or null where YAML has no quotes, a text otherwise', () => {
    expect(['${BATCH}', "'${BATCH}'", '${BATCH}0', '${NO:-yes}', '${NO:-null}'].map(yaml)).toEqual([
      7,
      '7',
      70,
      true,
      null,
    ]);
  });

  it('are filled in once where an anchor is used twice, and not in keys', () => {
    const text = 'a: &it ${BATCH}\nb: *it\n"${HOST}": 1';
    expect(parseText(text, 'yaml', ENVIRONMENT).value).toEqual({ a: 7, b: 7, '${HOST}': 1 });
  });

  it('are texts in JSON', () => {
    const text = '{"a": "${HOST}", "b": ["${BATCH}"], "__proto__": {"c": "$${"}}';
    const { value, findings } = parseText(text, 'json', ENVIRONMENT);
    expect(findings).toEqual([]);
    expect(JSON.stringify(value)).toBe('{"a":"redis_host","b":["7"],"__proto__":{"c":"${"}}');
  });

  it.each(['yaml', 'json'] as const)('are named where they are missing, in %s', (format) => {
    const text = '{"bus": {"url": "redis://${NOWHERE}:${ALSO_NOT}",\n "more": "${SECRET}"}}';
    const { value, findings } = parseText(text, format, ENVIRONMENT);
    expect(findings).toEqual([
      {
        path: ['bus', 'url'],
        expected: 'the environment variable NOWHERE, or a default: ${NOWHERE:-…}',
        found: 'no such variable',
        at: 'line 1, column 17',
      },
    ]);
    expect(value).toEqual({ bus: { url: undefined, more: 'hunter2' } });
  });

  it.each(['${', '${HOST', '${1}', '${HOST:?x}', '${a.b}', 'hunter2 ${ }'])(
    'that %j does not name are refused, and it is not quoted',
    (text) => {
      const { findings } = parseText(`key: '${text}'`, 'yaml', ENVIRONMENT);
      expect(findings).toMatchObject([{ path: ['key'], found: "'${' and something else" }]);
      expect(JSON.stringify(findings)).not.toContain('hunter2');
    },
  );

  it('are one mistake, with file and path, at the start', async () => {
    const file = `${directoryWith({
      'lightbus.yaml': "bus: { schema: { transport: { redis: { url: '${REDIS}' } } } }",
    })}/lightbus.yaml`;
    const failure: unknown = await resolveConfig({ config: file }, {}).catch((e: unknown) => e);
    expect(failure).toMatchObject({
      code: 'LIGHTBUS_CONFIGURATION',
      problems: [
        {
          source: `${file}, line 1, column 45`,
          path: 'bus.schema.transport.redis.url',
          expected: expect.stringContaining('variable REDIS,'),
        },
      ],
    });
    const settings = await resolveConfig({ config: file }, { REDIS: 'redis://elsewhere:1/2' });
    expect(settings.bus.schema.transport?.url).toBe('redis://elsewhere:1/2');
  });

  it('are text in what code gives', async () => {
    const config = { service_name: '${HOST}' };
    expect((await loadConfig(config, 'test', ENVIRONMENT)).value).toEqual(config);
  });
});
