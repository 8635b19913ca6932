import { Injectable } from '@nestjs/common';
import { ApplicationConfig, ContextIdFactory, ModuleRef, ModulesContainer } from '@nestjs/core';
import type { ContextId } from '@nestjs/core';
import { Injector } from '@nestjs/core/injector/injector.js';
import type { EventMessage } from '../event/event-message.js';
import { checkEnhancers } from './enhancer-check.js';
import { HandlerContext, type HandlerMethod } from './handler-context.js';

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
   * Returns a function that runs the handler for one message. A provider of request or transient
   * scope is made anew for each call, and `REQUEST` is the message; for a durable provider it is the
   * payload of the application's `ContextIdStrategy`.
   *
   * @param inheritAppConfig whether application-wide guards, pipes, interceptors and filters run too;
   *   most were written for HTTP and break on events.
   * @throws ListenerDefinitionError where Nest would silently leave out an enhancer.
   */
  prepare(
    method: HandlerMethod,
    inheritAppConfig: boolean,
  ): (message: EventMessage) => Promise<void> {
    const config = inheritAppConfig ? this.applicationConfig : new ApplicationConfig();
    checkEnhancers(method, config);
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
