import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { fillListenerOptions } from '../config/options/listener.options.js';
import { inheritedMember } from '../event/own-properties.js';
import { HandlerPipeline } from './handler-pipeline.js';
import type { Callback, HandlerMethod, Listener } from './listener.js';
import { getOnEventMetadata } from './on-event.decorator.js';

/** Finds the handlers of an application. Returns data; whoever asks acts on it. */
@Injectable()
export class ListenerExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly pipeline: HandlerPipeline,
  ) {}

  /**
   * Every method with `@OnEvent` of every provider and controller, inherited methods included. A
   * method that is overridden without the decorator is none.
   *
   * A provider that a factory makes per request or per use can't be looked into before it is made.
   *
   * @throws ListenerDefinitionError where Nest would silently leave out an enhancer.
   */
  explore(inheritAppConfig: boolean): Listener[] {
    const seen = new Set<object>();
    return this.findHosts()
      .filter(({ wrapper }) => {
        // The same object may be provided under several tokens: by an alias, or by a factory.
        const isNew = !seen.has(wrapper.instance);
        seen.add(wrapper.instance);
        return isNew;
      })
      .flatMap((host) => this.findMethods(host))
      .flatMap((method) => this.toListeners(method, inheritAppConfig));
  }

  private findHosts(): Pick<HandlerMethod, 'wrapper' | 'isController'>[] {
    const controllers = this.discovery.getControllers().filter(isHost);
    const providers = this.discovery.getProviders().filter(isHost);
    return [
      ...controllers.map((wrapper) => ({ wrapper, isController: true })),
      // A provider that Nest made from its class has its enhancers; a factory's copy of it has not.
      ...providers
        .sort((a, b) => Number(a.isNotMetatype) - Number(b.isNotMetatype))
        .map((wrapper) => ({ wrapper, isController: false })),
    ];
  }

  private findMethods(host: Pick<HandlerMethod, 'wrapper' | 'isController'>): HandlerMethod[] {
    const { instance } = host.wrapper;
    return this.scanner
      .getAllMethodNames(Object.getPrototypeOf(instance) as object | null)
      .map((methodName) => ({
        ...host,
        methodName,
        method: inheritedMember(instance, methodName)?.value as Callback,
      }));
  }

  private toListeners(method: HandlerMethod, inheritAppConfig: boolean): Listener[] {
    const metadata = getOnEventMetadata(method.method);
    if (metadata.length === 0) return [];
    const invoke = this.pipeline.prepare(method, inheritAppConfig);
    const place = describeMethod(method);
    return metadata.map(({ selections, options }) => ({
      name: options.listenerName,
      place,
      selections,
      options: fillListenerOptions(options),
      invoke,
    }));
  }
}

function isHost(wrapper: InstanceWrapper): wrapper is InstanceWrapper<object> {
  const instance: unknown = wrapper.instance;
  return !wrapper.isAlias && typeof instance === 'object' && instance !== null;
}

function describeMethod({ wrapper, methodName }: HandlerMethod): string {
  const type = wrapper.instance.constructor;
  const { token, host } = wrapper;
  const name = typeof token === 'function' ? token.name : String(token);
  const underToken = token === type ? '' : `, provided as ${name}`;
  return `${type.name}.${methodName} (${host?.name ?? 'no module'}${underToken})`;
}
