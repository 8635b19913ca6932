import type { ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { EventRecorder, LightbusTestingModule } from 'nestjs-lightbus/testing';

/** An application of a page's code on the in-memory store. */
export interface Testing {
  readonly module: TestingModule;
  readonly recorder: EventRecorder;
  close(): Promise<void>;
}

/** Starts one. */
export async function startTesting(metadata: ModuleMetadata): Promise<Testing> {
  const module = await Test.createTestingModule({
    ...metadata,
    imports: [LightbusTestingModule.forRoot(), ...(metadata.imports ?? [])],
  }).compile();
  await module.init();
  return {
    module,
    recorder: module.get(EventRecorder),
    close: () => module.close(),
  };
}
