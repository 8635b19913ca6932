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
import { ExternalExceptionFilterContext } from '@nestjs/core/exceptions/external-exception-filter-context.js';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { Injector } from '@nestjs/core/injector/injector.js';
import { ListenerDefinitionError } from '../errors.js';
import type { EventMessage } from '../event/event-message.js';
import { checkEnhancers, hasEnhancers } from './enhancer-check.js';
import { describeMethod, type Callback, type HandlerMethod, type Invoke } from './listener.js';
import { outcomeOf, pendingOutcomeOf, thrownByFilter } from './outcome.js';

/** Context type of an event handler, for guards and interceptors: `context.getType() === 'lightbus'`. */
export const LIGHTBUS_CONTEXT = 'lightbus';

/** Metadata key of a handler's parameters, in the form that Nest's pipeline reads. */
const PARAMETERS = 'lightbus:parameters';

/** Parameter type of the event. Nest's own number for a request's body, so that pipes treat it as one. */
const EVENT_PARAMETER = 3;

/** Parameter type of the message: unknown to Nest, hence 'custom' to pipes. */
const MESSAGE_PARAMETER = 1000;

/** What a guard or interceptor finds in an `ExecutionContext` of an event: `getArgs()`. */
export type LightbusArguments = [event: unknown, message: EventMessage];

/** Runs a handler with its enhancers, for one event. Throws or rejects where the event was not handled. */
type Handler = (...args: LightbusArguments) => Promise<void> | undefined;

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
   * Returns a function that runs the handler for one message: as a plain call where nothing is bound to it, its
   * class or the application. A provider of request or transient
   * scope is made anew for each call, and `REQUEST` is the message; for a durable provider it is the
   * payload of the application's `ContextIdStrategy`.
   *
   * @param inheritAppConfig whether application-wide guards, pipes, interceptors and filters run too;
   *   most were written for HTTP and break on events.
   * @throws ListenerDefinitionError where Nest would silently leave out an enhancer, and where there
   *   is nothing to call.
   */
  prepare(method: HandlerMethod, inheritAppConfig: boolean): Invoke {
    const config = inheritAppConfig ? this.applicationConfig : new ApplicationConfig();
    const leftOut = checkEnhancers(method, config);
    if (leftOut.length > 0) throw new ListenerDefinitionError(leftOut.join('\n'));
    const context = new HandlerContext(method, this.modules, config);
    const { wrapper } = method;
    if (wrapper.isDependencyTreeStatic() && !wrapper.isTransient) {
      const handler = context.create(wrapper.instance);
      return (message) => handler(message.payload, message);
    }
    return async (message) => {
      const contextId = ContextIdFactory.getByRequest(message);
      // As for a request: what lives longer than one event must not hold on to its message.
      const request: unknown = wrapper.isDependencyTreeDurable() ? contextId.payload : message;
      this.moduleRef.registerRequestByContextId(request, contextId);
      const instance = await this.instantiate(method, contextId);
      await context.create(instance, contextId)(message.payload, message);
    };
  }

  private instantiate({ wrapper, isController }: HandlerMethod, contextId: ContextId) {
    const module = wrapper.host;
    if (!module) throw new Error(`'${String(wrapper.name)}' belongs to no module.`);
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

/** Nest's pipeline around one handler method, set up for events. */
class HandlerContext {
  private readonly creator: ExternalContextCreator;
  private readonly filters: ExternalExceptionFilterContext;
  private readonly moduleKey: string;

  /** @param config where application-wide enhancers are taken from. */
  constructor(
    private readonly handler: HandlerMethod,
    modules: ModulesContainer,
    private readonly config: ApplicationConfig,
  ) {
    const container = new SharedContainer(modules, config);
    describeParameters(handler);
    this.moduleKey = handler.wrapper.host?.token ?? '';
    this.filters = new ExternalExceptionFilterContext(container, config);
    this.creator = this.configure(ExternalContextCreator.fromContainer(container));
  }

  /**
   * Puts guards, interceptors, pipes and filters around the method of one instance.
   *
   * @param contextId where the instance was made for one event.
   */
  create(instance: object, contextId?: ContextId): Handler {
    const { wrapper, methodName } = this.handler;
    const callback = callbackOf(instance, this.handler);
    if (!hasEnhancers(this.handler, callback, this.config))
      return (...args) => pendingOutcomeOf(callback.apply(instance, args));
    const run = this.creator.create(
      instance,
      callback,
      methodName,
      PARAMETERS,
      {
        exchangeKeyForValue: (type, _data, args: LightbusArguments) =>
          type === EVENT_PARAMETER ? args[0] : args[1],
      },
      contextId,
      // Nest keeps an enhancer of transient scope for each host, under the host's id.
      wrapper.id,
      { guards: true, interceptors: true, filters: false },
      LIGHTBUS_CONTEXT,
    );
    const filters = this.filters.create(
      instance,
      callback as Parameters<ExternalExceptionFilterContext['create']>[1],
      this.moduleKey,
      contextId,
      wrapper.id,
    );
    return async (...args) => {
      try {
        await run(...args);
      } catch (error) {
        const host = new ExecutionContextHost(args);
        host.setType(LIGHTBUS_CONTEXT);
        // Nest's own proxy takes the promise of an async filter for an answer, whatever it resolves
        // to: the event would be lost to a filter that only logs.
        const answer = await answerOf(() => filters.invokeCustomFilters(error, host), error);
        if (answer === undefined || answer === null) throw error;
      }
    };
  }

  private configure(creator: ExternalContextCreator): ExternalContextCreator {
    // Nest looks for the host by its class among providers, and would miss controllers and tokens.
    creator.getContextModuleKey = () => this.moduleKey;
    creator.transformToResult = outcomeOf;
    const getParamValue = creator.getParamValue.bind(creator);
    // Pipes transform the event, as they do a request's body; the message beside it is ours.
    creator.getParamValue = async (
      value: unknown,
      metadata: Parameters<typeof getParamValue>[1],
      pipes: Parameters<typeof getParamValue>[2],
    ) =>
      (metadata.type as unknown) === EVENT_PARAMETER
        ? (getParamValue(value, metadata, pipes) as Promise<unknown>)
        : value;
    return creator;
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

function describeParameters({ wrapper, methodName }: HandlerMethod): void {
  const parameters = {
    [`${EVENT_PARAMETER}:0`]: { index: 0, data: undefined, pipes: [] },
    [`${MESSAGE_PARAMETER}:1`]: { index: 1, data: undefined, pipes: [] },
  };
  Reflect.defineMetadata(PARAMETERS, parameters, wrapper.instance.constructor, methodName);
}

// What a caller would get: the function of the class, or one that decorators, the constructor or a
// test's spy have put in its place. What decorators said of the method is true of that function too.
function callbackOf(instance: object, handler: HandlerMethod): Callback {
  const { method, record } = handler;
  const found = read(instance, handler);
  const callback = typeof found === 'function' ? (found as Callback) : method;
  if (!callback) {
    throw new ListenerDefinitionError(
      `${describeMethod(handler)} has an @OnEvent and nothing to call: a decorator has made it an ` +
        `accessor, which gives ${found === null ? 'null' : typeof found} where a function is due.`,
    );
  }
  for (const source of [method, ...record.functions]) {
    if (source && source !== callback) copyMetadata(source, callback);
  }
  return callback;
}

function read(instance: object, handler: HandlerMethod): unknown {
  try {
    return Reflect.get(instance, handler.methodName);
  } catch (error) {
    throw new ListenerDefinitionError(
      `${describeMethod(handler)} has an @OnEvent and can't be called: a decorator has made it an ` +
        `accessor, which throws ${String(error)}`,
      { cause: error },
    );
  }
}

function copyMetadata(from: object, to: object): void {
  for (const key of Reflect.getMetadataKeys(from) as unknown[]) {
    if (!Reflect.hasOwnMetadata(key, to)) {
      Reflect.defineMetadata(key, Reflect.getMetadata(key, from), to);
    }
  }
}

async function answerOf(filter: () => unknown, error: unknown): Promise<unknown> {
  try {
    return await outcomeOf(filter());
  } catch (thrown) {
    throw thrownByFilter(thrown, error);
  }
}
