import { Module, type DynamicModule } from '@nestjs/common';
import { COMMAND_LINE, type CommandLine } from '../../lightbus.factories.js';
import type { RootModule } from './load-module.js';

/** Root module of a worker: the application's own, and what the command line says about it. */
@Module({})
export class WorkerModule {
  /** Makes the command line known to the application's LightbusModule. */
  static for(application: RootModule, commandLine: CommandLine): DynamicModule {
    return {
      module: WorkerModule,
      global: true,
      imports: [application],
      providers: [{ provide: COMMAND_LINE, useValue: commandLine }],
      exports: [COMMAND_LINE],
    };
  }
}
