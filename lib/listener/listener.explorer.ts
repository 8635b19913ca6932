import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Module } from '@nestjs/core/injector/module.js';
import { fillListenerOptions, type ListenerOverrides } from '../config/options/listener.options.js';
import { ListenerDefinitionError } from '../errors.js';
import { EventRegistry } from '../event/event-registry.js';
import { lookUpHandlers, type HandlerLookup } from './handler-lookup.js';
import { HandlerPipeline } from './handler-pipeline.js';
import { eventHandlers, type HandlerRecord, type OnEventMetadata } from './handler-registry.js';
import { describeMethod, type Callback, type HandlerMethod, type Listener } from './listener.js';

/** What became of every `@OnEvent` of this process, in one application. */
export interface Exploration {
  readonly listeners: readonly Listener[];
  /** The methods that they are made of. */
  readonly heard: ReadonlySet<HandlerRecord>;
  /** Methods that can't be listeners as they stand, and why, in sentences. */
  readonly refusals: readonly string[];
  /** Methods that no provider or controller of this application has, nor of another one had. */
  readonly strays: readonly HandlerRecord[];
}

interface ExploreOptions {
  readonly inheritAppConfig: boolean;
  readonly overrides: Readonly<Record<string, ListenerOverrides>>;
  /** Where to say why a method can't be a listener. */
  readonly refusals: string[];
}

type Host = Pick<HandlerMethod, 'wrapper' | 'isController'>;
type HostLookup = HandlerLookup<OnEventMetadata> & { readonly host: Host };

/** Finds the handlers of an application. Returns data; whoever asks acts on it. */
@Injectable()
export class ListenerExplorer {
  private readonly explored = new WeakSet<object>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly pipeline: HandlerPipeline,
    private readonly registry: EventRegistry,
  ) {}

  /**
   * Every method with `@OnEvent` of every provider and controller, inherited methods included.
   *
   * A provider that a factory makes per request or per use can't be looked into before it is made: its
   * methods are strays.
   *
   * @param overrides by listener name: stronger than what decorators say.
   */
  explore(
    inheritAppConfig: boolean,
    overrides: Readonly<Record<string, ListenerOverrides>> = {},
  ): Exploration {
    const lookups = this.lookUp(this.findHosts());
    const methods = lookups.flatMap(toMethods);
    const heard = new Set(methods.map(({ record }) => record));
    // A base's method that one subclass overrides may be what another one is heard by.
    const lost = lookups
      .flatMap((lookup) => lookup.lost)
      .filter(({ record }) => !heard.has(record));
    const accounted = new Set([
      ...heard,
      ...lookups.flatMap(({ replaced }) => replaced),
      ...lost.map(({ record }) => record),
    ]);
    const refusals = [
      ...lookups.flatMap(({ foreign }) => foreign),
      ...lost.map(({ reason }) => reason),
    ];
    const listeners = methods.flatMap((method) =>
      this.toListeners(method, { inheritAppConfig, overrides, refusals }),
    );
    return {
      listeners,
      heard,
      refusals: [...new Set(refusals)],
      strays: eventHandlers.all().filter((record) => !accounted.has(record) && !record.isListener),
    };
  }

  /**
   * The methods with `@OnEvent` in these modules that {@link explore} has not seen, because the modules
   * were loaded later.
   */
  findLate(modules: Module[]): string[] {
    const hosts = this.findHosts(modules).filter(
      ({ wrapper }) => !this.explored.has(wrapper.instance),
    );
    return hosts.flatMap((host) => {
      const { found, lost, foreign } = lookUpHandlers(host.wrapper.instance, eventHandlers);
      const places = found.map(({ methodName }) => describeMethod({ ...host, methodName }));
      return [...places, ...lost.map(({ reason }) => reason), ...foreign];
    });
  }

  private lookUp(hosts: readonly Host[]): HostLookup[] {
    // The same object may be provided under several tokens: by an alias, or by a factory.
    const byInstance = new Map<object, Host>();
    for (const host of hosts) {
      const { instance } = host.wrapper;
      this.explored.add(instance);
      if (!byInstance.has(instance)) byInstance.set(instance, host);
    }
    return [...byInstance].map(([instance, host]) => ({
      host,
      ...lookUpHandlers(instance, eventHandlers),
    }));
  }

  private findHosts(modules?: Module[]): Host[] {
    const controllers = this.discovery.getControllers({}, modules).filter(isHost);
    const providers = this.discovery.getProviders({}, modules).filter(isHost);
    return [
      ...controllers.map((wrapper) => ({ wrapper, isController: true })),
      // A provider that Nest made from its class has its enhancers; a factory's copy of it has not.
      ...providers
        .sort((a, b) => Number(a.isNotMetatype) - Number(b.isNotMetatype))
        .map((wrapper) => ({ wrapper, isController: false })),
    ];
  }

  private toListeners(
    method: HandlerMethod,
    { inheritAppConfig, overrides, refusals }: ExploreOptions,
  ): Listener[] {
    try {
      const invoke = this.pipeline.prepare(method, inheritAppConfig);
      const place = describeMethod(method);
      return method.record.metadata.map(({ selections, options }) => ({
        ...{ name: options.listenerName, place, selections, invoke, registry: this.registry },
        options: fillListenerOptions(options, overrides[options.listenerName]),
      }));
    } catch (error) {
      if (!(error instanceof ListenerDefinitionError)) throw error;
      refusals.push(error.message);
      return [];
    }
  }
}

function toMethods({ host, found }: HostLookup): HandlerMethod[] {
  return found.map(({ record, methodName, descriptor }) => ({
    ...{ ...host, record, methodName },
    method: typeof descriptor.value === 'function' ? (descriptor.value as Callback) : undefined,
  }));
}

function isHost(wrapper: InstanceWrapper): wrapper is InstanceWrapper<object> {
  const instance: unknown = wrapper.instance;
  return !wrapper.isAlias && typeof instance === 'object' && instance !== null;
}
