import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Type } from '@nestjs/common';
import type { ResolvedConfig } from '../../../config/settings/settings.js';
import { getEventDefinition, type EventDefinition } from '../../../event/event.decorator.js';
import { describePlace } from '../../../redis/client-options.js';
import { jsonText } from '../../json-text.js';
import { readConfig } from '../../open-bus.js';
import { ownedEvents, ownOptions, scanModules } from '../../run/application-modules.js';
import { loadModule } from '../../run/load-module.js';
import type { StderrLogger } from '../../stderr-logger.js';
import type { DumpSchemaOptions } from '../dump-schema-options.js';
import { writeText } from '../write-text.js';
import { asyncApiDocument, type Place } from './document.js';
import { findReceivers } from './receivers.js';

/**
 * `lightbus dumpschema --format asyncapi`: what the application fires and handles, as a document of AsyncAPI 3. It is
 * not started, and no Redis is asked. Where streams are, the configuration says that `lightbus run` would take; what
 * `forRootAsync` would make is not known.
 *
 * @throws ConfigurationError; CommandError where there is no application, or the file can't be written.
 */
export async function dumpAsyncApi(
  options: DumpSchemaOptions,
  logger: StderrLogger,
): Promise<void> {
  const { bus, out } = options;
  const loaded = await loadModule(bus);
  const modules = await scanModules(loaded);
  const config = await readConfig(options, logger, ownOptions(modules));
  const sent = definitionsOf(ownedEvents(modules));
  const receivers = findReceivers(modules);
  const selected = receivers.flatMap(({ selections }) => selections.map(({ type }) => type));
  const document = asyncApiDocument({
    title: config.serviceName,
    version: versionOf(loaded.file),
    sent,
    receivers,
    // What is registered is what is sent: that comes first.
    known: [...sent, ...definitionsOf(selected)],
    hasSideField: config.bus.headers,
    placeOf: (apiName) => placeOf(config, apiName),
  });
  const isDirectory =
    out !== undefined && statSync(out, { throwIfNoEntry: false })?.isDirectory() === true;
  await writeText(`${jsonText(document, 2)}\n`, isDirectory ? join(out, 'asyncapi.json') : out);
}

function definitionsOf(types: readonly (Type<object> | undefined)[]): EventDefinition[] {
  return types.flatMap((type) => (type && getEventDefinition(type)) ?? []);
}

function placeOf(config: ResolvedConfig, apiName: string): Place {
  const { kind, url, connection_parameters, stream_use } =
    config.apiConfig(apiName).event_transport;
  if (kind === 'memory') return { streamUse: stream_use, server: undefined };
  const place = describePlace({ url, connectionParameters: connection_parameters });
  const [, protocol = 'redis', host = '', pathname = ''] =
    /^([^:]*):\/\/([^/]*)(.*)$/.exec(place) ?? [];
  return { streamUse: stream_use, server: { host, protocol, ...(pathname && { pathname }) } };
}

/** That of the nearest package above the module's file. */
function versionOf(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    const version = existsSync(path) ? versionIn(path) : undefined;
    if (version !== undefined) return version;
    if (folder === dirname(folder)) return '0.0.0';
  }
}

function versionIn(path: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { readonly version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}
