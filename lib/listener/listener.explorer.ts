import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { HandlerPipeline, type HandlerMethod } from './handler-pipeline.js';
import type { Listener } from './listener.js';
import { getOnEventMetadata } from './on-event.decorator.js';

/** Finds the handlers of an application. Returns data; whoever asks acts on it. */
@Injectable()
export class ListenerExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly pipeline: HandlerPipeline,
  ) {}

  /** Every method with `@OnEvent` of every provider and controller, inherited methods included. */
  explore(inheritAppConfig: boolean): Listener[] {
    const seen = new Map<object, Set<string>>();
    return this.findMethods()
      .filter(({ wrapper, methodName }) => {
        // The same object may be provided under several tokens: by an alias, or by a factory.
        const methods = seen.get(wrapper.instance) ?? new Set();
        seen.set(wrapper.instance, methods);
        return !methods.has(methodName) && methods.add(methodName);
      })
      .flatMap((method) => this.toListeners(method, inheritAppConfig));
  }

  private findMethods(): HandlerMethod[] {
    const providers = this.discovery
      .getProviders()
      .map((wrapper) => ({ wrapper, isController: false }));
    const controllers = this.discovery
      .getControllers()
      .map((wrapper) => ({ wrapper, isController: true }));
    return [...providers, ...controllers]
      .filter(({ wrapper }) => !wrapper.isAlias && isObject(wrapper.instance))
      .flatMap(({ wrapper, isController }) =>
        this.scanner
          .getAllMethodNames(Object.getPrototypeOf(wrapper.instance) as object | null)
          .map((methodName) => ({
            wrapper: wrapper as InstanceWrapper<object>,
            methodName,
            isController,
          })),
      );
  }

  private toListeners(method: HandlerMethod, inheritAppConfig: boolean): Listener[] {
    const { wrapper, methodName } = method;
    const callback = (wrapper.instance as Record<string, unknown>)[methodName];
    if (typeof callback !== 'function') return [];
    const metadata = getOnEventMetadata(callback);
    if (metadata.length === 0) return [];
    const invoke = this.pipeline.prepare(method, inheritAppConfig);
    const place = `${wrapper.name}.${methodName} (${wrapper.host?.name ?? 'no module'})`;
    return metadata.map(({ selections, options }) => ({
      name: options.listenerName,
      place,
      selections,
      options,
      invoke,
    }));
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
