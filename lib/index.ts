export { LightbusModule } from './lightbus.module.js';
export type { LightbusModuleAsyncOptions, LightbusOptionsFactory } from './lightbus.module.js';
export type { LightbusConfig } from './config/settings/settings.js';
export type {
  ConfigSource,
  Feature,
  LightbusModuleOptions,
} from './config/sources/module-options.js';
export type { Backoff } from './config/options/backoff.options.js';
export type {
  FailureMode,
  ListenerOverrides,
  OnEventOptions,
  Since,
} from './config/options/listener.options.js';
export { Event, type EventOptions, type KeyedClassDecorator } from './event/event.decorator.js';
export { JsonSchema, type GivenSchema } from './event/schema/json-schema.decorator.js';
export {
  defineEvent,
  type DefinedEvent,
  type DefineEventOptions,
  type KeyOf,
} from './event/define-event.js';
export type { PlainParameters, Upcaster, Upcasters } from './event/upcasters.js';
export { EventMessage } from './event/event-message.js';
export type { EventHeaders, HeaderValue } from './event/side-data.js';
export { EventBus } from './bus/event-bus.js';
export type { EventInstance, EventPayload, PayloadAndOptions } from './bus/event-payload.js';
export type { ExpectedVersion, FireAllOptions, FireOptions } from './bus/fire-options.js';
export type { SenderOptions } from './bus/sender-options.js';
export type { HistoryOptions } from './bus/history-options.js';
export type { EventClasses, EventSelector, InstanceOf } from './event/event-selector.js';
export {
  OnEvent,
  type EventHandler,
  type EventHandlerDecorator,
  type NoHandlerOf,
} from './listener/on-event.decorator.js';
export {
  Aggregates,
  type AggregateOf,
  type ChangedAggregate,
  type ChangeOptions,
  type Decide,
  type Decision,
  type LoadedAggregate,
} from './aggregates/aggregates.js';
export { Aggregate, Apply, type ApplyDecorator } from './aggregates/aggregate.decorator.js';
export type { AggregateOptions } from './aggregates/aggregate-definition.js';
export {
  defineAggregate,
  type AggregateFunctions,
  type DefinedAggregate,
} from './aggregates/define-aggregate.js';
export { LIGHTBUS_CONTEXT, type LightbusArguments } from './listener/handler-pipeline.js';
export { Project } from './projections/project.decorator.js';
export { Projections, type WaitedEvent } from './projections/projections.js';
export type { ProjectionWaitOptions } from './projections/wait-options.js';
export type { ProjectionState } from './projections/projection.js';
export { Listeners } from './operations/listeners.js';
export type { DeadLetter } from './operations/dead-letter.js';
export type { DeadLettersOptions } from './operations/read-dead-letters.js';
export type { ListenerState } from './lifecycle/listener-consumer.js';
export type { Failing, HandledNow } from './handling/work-state.js';
export type { NoticedLoss } from './lifecycle/subscription-log.js';
export {
  LightbusExceptionFilter,
  type LightbusExceptionFilterOptions,
} from './http/lightbus-exception.filter.js';
export {
  LIGHTBUS_CHANNELS,
  type AttemptContext,
  type FiredEvent,
  type FiringContext,
  type HandedEvent,
  type HistoryLossNotice,
  type LightbusContext,
  type ProjectionContext,
  type RetryNotice,
  type SettlementContext,
  type TracedContext,
} from './channels/channels.js';
export * from './errors.js';
export * from './fire-errors.js';
