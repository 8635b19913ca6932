import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventBus, EventMessage } from 'nestjs-lightbus';
import { readmeBlocks } from './code-blocks.js';

/** The README's function of this name. */
export type FireUntilStored = (bus: EventBus, events: object[]) => Promise<EventMessage<object>[]>;

/** The README's code that fires again, by the `retry` of errors. */
export function fireUntilStoredCode(): string {
  const [code, ...others] = readmeBlocks('## Firing', 'ts').filter((block) =>
    block.includes('switch (error.retry)'),
  );
  if (code === undefined || others.length > 0) throw new Error('README has not one such block.');
  return code;
}

/** Loads that code as it stands. */
export async function loadFireUntilStored(): Promise<FireUntilStored> {
  const path = join(await mkdtemp(join(tmpdir(), 'readme-')), 'fire-until-stored.ts');
  await writeFile(path, fireUntilStoredCode());
  const module = (await import(path)) as { fireUntilStored: FireUntilStored };
  return module.fireUntilStored;
}
