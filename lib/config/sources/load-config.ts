import { extname, resolve } from 'node:path';
import type { Finding } from '../checks/check-config.js';
import { describeFound, isPlainObject } from '../checks/describe-found.js';
import { fetchText } from './fetch-text.js';
import { maskPath, maskUrl } from '../checks/mask.js';
import type { Violation } from '../options/option.js';
import { parseText, type TextFormat } from './parse-text.js';
import { readConfigFile } from './read-file.js';

/** A configuration as its source gave it, not checked yet. */
export interface LoadedConfig {
  /** The file, URL (secrets masked) or option that it came from. */
  readonly source: string;
  /** What `--config` takes to find it again; absent for an object, and for what can't be told without a secret. */
  readonly argument?: string;
  /** `undefined` where there is nothing, or nothing that can be read. */
  readonly value: unknown;
  /** What is wrong with the source itself. */
  readonly findings: readonly Finding[];
  /** Where in the source a key stands. */
  readonly locate: (path: readonly string[]) => string | undefined;
}

/** What there is where nothing was configured. */
export const NO_CONFIG: LoadedConfig = nothing('the defaults', []);

const FORMATS: Readonly<Record<string, TextFormat>> = {
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.json': 'json',
};

/**
 * Gets the configurations that `config` names: one, or a list of them, the weakest first. Never throws.
 *
 * @param environment as for {@link loadConfig}.
 */
export async function loadConfigs(
  config: unknown,
  origin: string,
  environment?: NodeJS.ProcessEnv,
): Promise<LoadedConfig[]> {
  if (!Array.isArray(config)) return [await loadConfig(config, origin, environment)];
  const list: readonly unknown[] = config;
  if (list.length === 0) {
    const expected = 'at least one file, http(s) URL or object in the list';
    return [nothing(origin, [{ path: ['config'], expected, found: 'an empty list' }])];
  }
  // One after the other: what is read first is told first.
  const loaded: LoadedConfig[] = [];
  for (const [index, one] of list.entries())
    loaded.push(await loadConfig(one, origin, environment, `config.${index}`));
  return loaded;
}

/**
 * Gets a configuration from where `config` says: a file, an http(s) URL, or itself. Never throws.
 *
 * @param environment fills in `${NAME}` in files. Not in what a server sends: it could ask for secrets.
 * @param path what the option is called in errors.
 */
export async function loadConfig(
  config: unknown,
  origin: string,
  environment: NodeJS.ProcessEnv = process.env,
  path = 'config',
): Promise<LoadedConfig> {
  if (isPlainObject(config)) return nothing(`${origin}, ${path}`, [], config);
  if (typeof config !== 'string' || config.trim() === '') {
    const expected = 'the path of a .yaml, .yml or .json file, an http(s) URL, or an object';
    return nothing(origin, [{ path: [path], expected, found: describeFound(config) }]);
  }
  // Without its slashes it was meant to be a URL all the same, and may hold a password.
  if (/^https?:|^[a-z][a-z0-9+.-]*:\/\//i.test(config)) return loadUrl(config);
  return loadFile(config, environment);
}

async function loadUrl(url: string): Promise<LoadedConfig> {
  const source = maskUrl(url);
  if (!URL.canParse(url) || !/^https?:\/\//i.test(url)) {
    const expected = 'an http(s) URL (http://… or https://…), or the path of a file';
    return nothing(source, [{ path: [], expected, found: describeFound(source) }]);
  }
  const parsed = parse(source, await fetchText(url), 'yaml');
  const loaded = source === url ? { ...parsed, argument: url } : parsed;
  if (loaded.value !== undefined || loaded.findings.length > 0) return loaded;
  // A server that answers with nothing is more likely broken than meant.
  return nothing(source, [{ path: [], expected: 'a configuration', found: 'an empty text' }]);
}

async function loadFile(path: string, environment: NodeJS.ProcessEnv): Promise<LoadedConfig> {
  const source = resolve(maskPath(path));
  const format = FORMATS[extname(path).toLowerCase()];
  if (!format) {
    const expected = 'a file that ends in .yaml, .yml or .json';
    return nothing(source, [{ path: [], expected, found: describeFound(path) }]);
  }
  const loaded = parse(source, await readConfigFile(path), format, environment);
  return source === resolve(path) ? { ...loaded, argument: source } : loaded;
}

function parse(
  source: string,
  text: string | Violation,
  format: TextFormat,
  environment?: NodeJS.ProcessEnv,
): LoadedConfig {
  if (typeof text !== 'string') return nothing(source, [{ path: [], found: '', ...text }]);
  return { source, ...parseText(text, format, environment) };
}

function nothing(source: string, findings: readonly Finding[], value?: unknown): LoadedConfig {
  return { source, findings, value, locate: () => undefined };
}
