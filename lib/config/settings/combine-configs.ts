import { checkConfig, type ConfigFindings, type Finding } from '../checks/check-config.js';
import { isPlainObject } from '../checks/describe-found.js';
import { problemsOf } from '../checks/problems.js';
import { factsOf } from '../options/option.js';
import type { LightbusConfig } from '../options/root.options.js';
import { rootOptions } from '../options/root.options.js';
import { freeValueOf, groupOf, type SchemaNode } from '../options/schema-node.js';
import type { LoadedConfig } from '../sources/load-config.js';
import type { ConfigurationProblem } from '../../errors.js';

/** Several configurations as one, and what is wrong with it. */
export interface CombinedConfig extends Pick<ConfigFindings, 'unused'> {
  /** To be used only where there are no problems. */
  readonly config: LightbusConfig;
  /** Each names the source that said it. */
  readonly problems: readonly ConfigurationProblem[];
  /** All sources, for logs. */
  readonly source: string;
  /** What `--config` takes for each of them; empty where it is not known of all. */
  readonly configArguments: readonly string[];
  /** Those that hold nothing. */
  readonly empty: readonly string[];
}

/**
 * Puts configurations together, the weakest first: later ones win, key by key. What a later one overrides is not
 * checked. Where keys exclude each other (two transports; a `url`, and `connection_parameters` that say where Redis
 * is), the earlier ones give way to the later one.
 */
export function combineConfigs(weakestFirst: readonly LoadedConfig[]): CombinedConfig {
  const given = weakestFirst.filter(({ value }) => (value ?? undefined) !== undefined);
  const problems = weakestFirst.flatMap((loaded) =>
    problemsOf(loaded.source, loaded.findings, loaded),
  );
  const values = given.map(({ value }) => value);
  // One that is no object would be overridden, and nobody would be told.
  const broken = given.filter(({ value }) => !isPlainObject(value));
  for (const loaded of broken)
    problems.push(...problemsOf(loaded.source, checkConfig(loaded.value).findings, loaded));
  const config =
    broken.length > 0
      ? {}
      : values.reduce((weaker, next) => combine(rootOptions, weaker, next), {});
  const { findings, unused } = checkConfig(config);
  for (const finding of findings) {
    const loaded = saidBy(given, finding);
    if (loaded) problems.push(...problemsOf(loaded.source, [finding], loaded));
  }
  return {
    config: config as LightbusConfig,
    problems,
    unused,
    source: weakestFirst.map(({ source }) => source).join(' and '),
    configArguments: weakestFirst.every(({ argument }) => argument !== undefined)
      ? weakestFirst.flatMap(({ argument }) => argument ?? [])
      : [],
    empty: weakestFirst.filter((loaded) => !given.includes(loaded)).map(({ source }) => source),
  };
}

function combine(schema: SchemaNode | undefined, weaker: unknown, stronger: unknown): unknown {
  const group = schema && groupOf(schema);
  if (stronger === undefined) return weaker;
  if (!group || !isPlainObject(stronger)) return stronger;
  const before = spelledOut(schema, group, weaker);
  if (!isPlainObject(before)) return stronger;
  const facts = factsOf(schema) ?? factsOf(group);
  const kept = facts?.yields?.(before, stronger) ?? before;
  const combined = new Map(Object.entries(kept));
  for (const [key, value] of Object.entries(stronger)) {
    const known = group.properties ?? {};
    const child = Object.hasOwn(known, key) ? known[key] : freeValueOf(group);
    combined.set(key, combine(child, combined.get(key), value));
  }
  return Object.fromEntries(combined);
}

/** `validate: true` stands for each of its keys. */
function spelledOut(schema: SchemaNode, group: SchemaNode, value: unknown): unknown {
  const takesBoolean = schema.anyOf?.some(({ type }) => type === 'boolean');
  if (typeof value !== 'boolean' || !takesBoolean) return value;
  return Object.fromEntries(Object.keys(group.properties ?? {}).map((key) => [key, value]));
}

/** The last source that says most of the path. */
function saidBy(
  sources: readonly LoadedConfig[],
  { path }: Pick<Finding, 'path'>,
): LoadedConfig | undefined {
  let found = sources.at(-1);
  let deepest = -1;
  for (const source of sources) {
    const depth = depthIn(source.value, path);
    if (depth >= deepest) [found, deepest] = [source, depth];
  }
  return found;
}

function depthIn(value: unknown, path: readonly string[]): number {
  let inner = value;
  let depth = 0;
  for (const key of path) {
    if (!isPlainObject(inner) || !Object.hasOwn(inner, key) || inner[key] === undefined) break;
    inner = inner[key];
    depth++;
  }
  return depth;
}
