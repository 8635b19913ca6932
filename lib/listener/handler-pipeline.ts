import { Injectable } from '@nestjs/common';
import {
  ApplicationConfig,
  ContextIdFactory,
  ExternalContextCreator,
  ModuleRef,
  ModulesContainer,
  NestContainer,
  type ContextId,
} from '@nestjs/core';
import { Injector } from '@nestjs/core/injector/injector.js';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { EventMessage } from '../event/event-message.js';
import { EVENT_PARAMETER, HANDLER_PARAMETERS } from './on-event.decorator.js';

/** Context type of an event handler, for guards and interceptors: `context.getType() === 'lightbus'`. */
export const LIGHTBUS_CONTEXT = 'lightbus';

/** What a guard or interceptor finds in an `ExecutionContext` of an event: `getArgs()`. */
export type LightbusArguments = [event: unknown, message: EventMessage];

/** A method that `@OnEvent` was found on, and where. */
export interface HandlerMethod {
  readonly wrapper: InstanceWrapper<object>;
  readonly methodName: string;
  /** Whether the wrapper stands among its module's controllers rather than its providers. */
  readonly isController: boolean;
}

type Handler = (...args: LightbusArguments) => Promise<unknown>;
type Enhanced = Record<string, (...args: unknown[]) => unknown>;

/**
 * Runs handlers through Nest's own pipeline, so that guards, pipes, interceptors and filters bound to
 * a handler or its class work as everywhere in Nest.
 */
@Injectable()
export class HandlerPipeline {
  private readonly injector = new Injector();

  constructor(
    private readonly modules: ModulesContainer,
    private readonly moduleRef: ModuleRef,
    private readonly applicationConfig: ApplicationConfig,
  ) {}

  /**
   * Returns a function that runs the handler for one message.
   *
   * @param inheritAppConfig whether application-wide guards, pipes, interceptors and filters run too;
   *   most were written for HTTP and break on events.
   */
  prepare(
    method: HandlerMethod,
    inheritAppConfig: boolean,
  ): (message: EventMessage) => Promise<void> {
    const creator = this.createCreator(inheritAppConfig);
    const { wrapper } = method;
    if (wrapper.isDependencyTreeStatic()) {
      const handler = this.createHandler(creator, method, wrapper.instance, inheritAppConfig);
      return async (message) => void (await handler(message.payload, message));
    }
    return async (message) => {
      const contextId = ContextIdFactory.getByRequest(message);
      this.moduleRef.registerRequestByContextId(message, contextId);
      const instance = await this.instantiate(method, contextId);
      const handler = this.createHandler(creator, method, instance, inheritAppConfig, contextId);
      await handler(message.payload, message);
    };
  }

  private createCreator(inheritAppConfig: boolean): ExternalContextCreator {
    const config = inheritAppConfig ? this.applicationConfig : new ApplicationConfig();
    const creator = ExternalContextCreator.fromContainer(new SharedContainer(this.modules, config));
    const getParamValue = creator.getParamValue.bind(creator);
    // Pipes transform the event, as they do a request's body; the message beside it is ours.
    creator.getParamValue = async <T>(
      value: T,
      metadata: Parameters<typeof getParamValue>[1],
      pipes: Parameters<typeof getParamValue>[2],
    ) =>
      (metadata.type as unknown) === EVENT_PARAMETER
        ? (getParamValue(value, metadata, pipes) as Promise<unknown>)
        : value;
    return creator;
  }

  private createHandler(
    creator: ExternalContextCreator,
    { wrapper, methodName, isController }: HandlerMethod,
    instance: object,
    inheritAppConfig: boolean,
    contextId?: ContextId,
  ): Handler {
    const callback = (instance as Enhanced)[methodName];
    if (!callback) throw new Error(`No method '${methodName}'.`);
    if (isController || wrapper.token !== instance.constructor) {
      // Nest looks for the host's enhancers among providers under their class only.
      creator.getContextModuleKey = () => wrapper.host?.token ?? '';
    }
    return creator.create(
      instance,
      callback,
      methodName,
      HANDLER_PARAMETERS,
      {
        exchangeKeyForValue: (type, _data, args: LightbusArguments) =>
          type === EVENT_PARAMETER ? args[0] : args[1],
      },
      contextId,
      contextId && wrapper.id,
      // Without a filter of its own, Nest's fallback would only log the error a second time.
      {
        guards: true,
        interceptors: true,
        filters: inheritAppConfig || hasFilters(instance, callback),
      },
      LIGHTBUS_CONTEXT,
    ) as Handler;
  }

  private instantiate({ wrapper, isController }: HandlerMethod, contextId: ContextId) {
    const module = wrapper.host;
    if (!module) throw new Error(`'${wrapper.name}' belongs to no module.`);
    const collection = isController ? module.controllers : module.providers;
    return this.injector.loadPerContext<object>(
      wrapper.instance,
      module,
      collection,
      contextId,
      wrapper,
    );
  }
}

/** The application's modules with an application configuration of our choice. */
class SharedContainer extends NestContainer {
  constructor(
    private readonly shared: ModulesContainer,
    config: ApplicationConfig,
  ) {
    super(config);
  }

  override getModules(): ModulesContainer {
    return this.shared;
  }
}

// Nest's own key (EXCEPTION_FILTERS_METADATA), which only Nest 11 exports where both majors can import it.
const FILTERS_METADATA = '__exceptionFilters__';

function hasFilters(instance: object, callback: object): boolean {
  return (
    Reflect.hasMetadata(FILTERS_METADATA, callback) ||
    Reflect.hasMetadata(FILTERS_METADATA, instance.constructor)
  );
}
