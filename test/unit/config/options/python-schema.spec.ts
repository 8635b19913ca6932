import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import Schema from 'typebox/schema';
import { checkConfig } from '../../../../lib/config/checks/check-config.js';
import { configJsonSchema } from '../../../../lib/config/options/json-schema.js';
import { isRefusedByPython } from '../../../../lib/config/options/option.js';
import { declaredNodes } from '../../../../lib/config/options/option-paths.js';
import { compareSchemas } from '../../../../lib/schema/compatibility/compare-schemas.js';

interface PythonNode {
  readonly type?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly PythonNode[];
  readonly properties?: Readonly<Record<string, PythonNode>>;
  readonly additionalProperties?: PythonNode | boolean;
}

interface PythonKey {
  readonly path: string;
  readonly node: PythonNode;
}

// What Python Lightbus's own `dumpconfigschema` prints.
const PYTHON = JSON.parse(
  readFileSync(new URL('../../../fixtures/wire/config-schema.json', import.meta.url), 'utf8'),
) as PythonNode;

function formsOf(node: PythonNode): readonly PythonNode[] {
  return node.anyOf ?? [node];
}

function* keysOf(node: PythonNode, prefix = ''): Generator<PythonKey> {
  for (const { properties, additionalProperties } of formsOf(node)) {
    for (const [key, child] of Object.entries(properties ?? {})) {
      yield { path: prefix + key, node: child };
      yield* keysOf(child, `${prefix}${key}.`);
    }
    if (typeof additionalProperties === 'object')
      yield* keysOf(additionalProperties, `${prefix}<api>.`);
  }
}

const KEYS = [...keysOf(PYTHON)];
const OURS = new Map(declaredNodes().map((node) => [node.path, node]));

function configWith(path: string, value: unknown): unknown {
  return path
    .replace('<api>', 'default')
    .split('.')
    .reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}

const VALUES: readonly unknown[] = [
  'text',
  'redis://host',
  1,
  1.5,
  true,
  null,
  {},
  ['x'],
  undefined,
];

function suits(node: PythonNode, value: unknown): boolean {
  return formsOf(node).some(({ type, enum: names }) => {
    if (names) return names.includes(value as string);
    if (type === 'integer') return Number.isInteger(value);
    if (type === 'null') return value === null;
    if (type === 'object') return Object.prototype.toString.call(value) === '[object Object]';
    return typeof value === type;
  });
}

describe.each(KEYS)("Python's key $path", ({ path, node }) => {
  it('is known', () => {
    expect(OURS.has(path)).toBe(true);
  });

  it('has the same name and default of its own where it is an option', () => {
    const ours = OURS.get(path);
    if (!ours || ours.isSection) return;

    expect(ours.facts?.python).toEqual(node.default);
  });

  it('accepts what Python accepts', () => {
    const right = [...VALUES, ...(node.enum ?? []), node.default]
      .filter((value) => suits(node, value))
      // Wrong for Python too, though its schema doesn't say so.
      .filter((value) => !(/\.(url|serializer|deserializer)$/.test(path) && value === 'text'))
      .filter((value) => !(/event_transport.*serializer$/.test(path) && value !== node.default));

    const findings = right.flatMap((value) => checkConfig(configWith(path, value)).findings);

    expect(right).not.toHaveLength(0);
    expect(findings).toEqual([]);
  });

  it('refuses every other type, and says where and what', () => {
    for (const value of VALUES.filter((value) => value !== undefined && !suits(node, value))) {
      const { findings } = checkConfig(configWith(path, value));

      expect(findings).toHaveLength(1);
      expect(findings[0]?.path.join('.')).toBe(path.replace('<api>', 'default'));
      expect(findings[0]?.expected).not.toBe('');
      expect(findings[0]?.found).not.toBe('');
    }
  });
});

it('says of each key whether Python refuses it', () => {
  const python = new Set(KEYS.map(({ path }) => path));

  for (const { path, schema } of OURS.values()) {
    if (path !== 'apis.<api>')
      expect([path, isRefusedByPython(schema)]).toEqual([path, !python.has(path)]);
  }
});

describe('the schema of a file that Python reads, too', () => {
  const shared = configJsonSchema(true);

  it("has every key of Python's, and no other", () => {
    const ours = [...keysOf(shared as PythonNode)].map(({ path }) => path);

    expect(ours.sort()).toEqual(KEYS.map(({ path }) => path).sort());
  });

  it('refuses what Python refuses', () => {
    const accepts = (schema: object, config: unknown) => Schema.Check(schema, config);
    const configs = [...OURS.keys()].flatMap((path) =>
      VALUES.map((value) => configWith(path, value)),
    );

    const accepted = configs.filter((config) => accepts(shared, config));

    expect(accepted.length).toBeGreaterThan(50);
    expect(accepted.filter((config) => !accepts(PYTHON, config))).toEqual([]);
    expect(accepted.filter((config) => !accepts(configJsonSchema(), config))).toEqual([]);
  });

  it("takes no value of a key that Python's does not take, whatever it is", () => {
    const wider = (schema: unknown) =>
      compareSchemas(PYTHON, schema)
        .filter(({ breaks }) => breaks !== 'old events')
        .map(({ path }) => path);

    expect(wider(shared)).toEqual([]);
    // Where it is not so, it is found.
    const text = JSON.stringify(shared).replace('"type":"integer"', '"type":"number"');
    expect(wider(JSON.parse(text))).toHaveLength(1);
  });
});

it('has, besides the names of APIs, no key that Python does not have, but these', () => {
  const python = new Set(KEYS.map(({ path }) => path));

  const additional = [...OURS.keys()].filter((path) => !python.has(path));

  expect(additional).toEqual([
    '$schema',
    'apis.<api>',
    'apis.<api>.schema_compatibility',
    'apis.<api>.event_transport.redis.require_durable',
    'apis.<api>.event_transport.redis.min_replicas',
    'apis.<api>.event_transport.memory',
    'bus.shutdown_timeout',
    'bus.projection_timeout',
    'bus.headers',
  ]);
});
