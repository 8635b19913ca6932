import type { ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { EventRecorder, LightbusTestingModule } from 'nestjs-lightbus/testing';
import { owned } from '../../support/owned.js';

/** An application of a page's code on the in-memory store. */
export interface Testing {
  readonly module: TestingModule;
  readonly recorder: EventRecorder;
  /** Ends it, at the end of the test file at the latest. */
  close(): Promise<void>;
}

/** Starts one. */
export async function startTesting(metadata: ModuleMetadata): Promise<Testing> {
  const module = await Test.createTestingModule({
    ...metadata,
    imports: [LightbusTestingModule.forRoot(), ...(metadata.imports ?? [])],
  }).compile();
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= module.close());
  owned().onEnd(close);
  await module.init();
  return { module, recorder: module.get(EventRecorder), close };
}
