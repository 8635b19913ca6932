import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ConfigurationError } from '../../errors.js';

type AdapterClass = new () => AbstractHttpAdapter;

/** The platforms of Nest for HTTP, and what makes one. */
const PLATFORMS = [
  ['@nestjs/platform-express', 'ExpressAdapter'],
  ['@nestjs/platform-fastify', 'FastifyAdapter'],
] as const;

/**
 * The platform that is installed: beside this package, or in the folder that the command was called in.
 *
 * @throws ConfigurationError where there is none.
 */
export async function findHttpPlatform(): Promise<AbstractHttpAdapter> {
  for (const [name, adapter] of PLATFORMS) {
    const file = fileOf(name);
    if (file === undefined) continue;
    const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    return new (exported[adapter] as AdapterClass)();
  }
  const names = PLATFORMS.map(([name]) => name).join(' or ');
  throw new ConfigurationError(
    `The page needs a platform of Nest for HTTP, and none is installed: npm install ${names}.`,
  );
}

function fileOf(name: string): string | undefined {
  for (const place of [import.meta.url, pathToFileURL(join(process.cwd(), 'package.json'))]) {
    try {
      return createRequire(place).resolve(name);
    } catch {
      // It may be in the other place.
    }
  }
  return undefined;
}
