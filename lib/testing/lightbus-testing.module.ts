import type { DynamicModule } from '@nestjs/common';
import { EventBus } from '../bus/event-bus.js';
import type { LightbusConfig } from '../config/settings/settings.js';
import type { LightbusModuleOptions } from '../config/sources/module-options.js';
import { LightbusModule } from '../lightbus.module.js';
import { EventRecorder } from './event-recorder.js';
import { FAILURE_LOG } from './failure-log.js';
import { Handling } from './handling.js';
import { RecordingEventBus } from './recording-event-bus.js';

/** Options of `LightbusTestingModule.forRoot`. */
export interface LightbusTestingOptions extends Omit<LightbusModuleOptions, 'config' | 'redis'> {
  /** Settings of the APIs as in a configuration file; their store is always the in-memory one. */
  readonly apis?: LightbusConfig['apis'];
}

/**
 * Takes the place of `LightbusModule.forRoot` in tests: the real bus and the real listeners on the
 * in-memory store, and an injectable {@link EventRecorder}. No Redis, nothing mocked.
 *
 * To be imported beside modules that don't import `LightbusModule.forRoot` themselves; for those that do there is
 * `overrideLightbus`.
 */
export class LightbusTestingModule {
  /**
   * @param options as for `LightbusModule.forRoot`; service and process are named `test` by default.
   *   Nothing is read from the environment.
   */
  static forRoot({ apis = {}, ...options }: LightbusTestingOptions = {}): DynamicModule {
    const sections = Object.entries({ default: {}, ...apis }).map(([name, api]) => [
      name,
      { ...api, event_transport: { memory: {} } },
    ]);
    const config: LightbusConfig = { apis: Object.fromEntries(sections) as LightbusConfig['apis'] };
    const base = LightbusModule.forRoot({
      serviceName: 'test',
      processName: 'test',
      // Said here, so that the environment of whoever runs the tests doesn't decide it.
      features: ['events'],
      redis: 'redis://127.0.0.1:6379/0', // of no place: all events are in memory
      // A test provides a part of an application.
      strictListeners: false,
      ...options,
      config,
    });
    return {
      ...base,
      providers: [
        ...(base.providers ?? []),
        Handling,
        EventRecorder,
        FAILURE_LOG,
        // The later provider of a token is the one that Nest takes.
        { provide: EventBus, useClass: RecordingEventBus },
      ],
      exports: [EventRecorder],
    };
  }
}
