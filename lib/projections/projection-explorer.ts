import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { SelectedEvent } from '../bus/selected-events.js';
import { ListenerDefinitionError } from '../errors.js';
import { faultsOf } from '../event/definition-check.js';
import { getEventDefinition } from '../event/event.decorator.js';
import { canonicalName } from '../event/event-name.js';
import { describeHandler, lookUpHandlers } from '../listener/handler-lookup.js';
import type { FindLate } from '../listener/lazy-modules.js';
import { projectMethods } from './project.decorator.js';

/** A method of a projection. */
export interface ProjectionMethod {
  readonly methodName: string;
  readonly selected: readonly SelectedEvent[];
}

/** A provider with `@Project` on its methods. */
export interface FoundProjection {
  /** Class name, for messages to people. */
  readonly name: string;
  readonly instance: object;
  /** What it may be asked for by: its class, and the tokens that it is provided under. */
  readonly tokens: ReadonlySet<unknown>;
  /** In the order of their declaration. */
  readonly methods: readonly ProjectionMethod[];
}

type Wrapper = InstanceWrapper<object>;

/** Finds the projections of an application. */
@Injectable()
export class ProjectionExplorer {
  private readonly explored = new WeakSet();

  constructor(private readonly discovery: DiscoveryService) {}

  /**
   * Every provider and controller with `@Project`, inherited methods included.
   *
   * @param isStrict whether a `@Project` on a method that no provider has is refused.
   * @returns the projections; and, where that is no reason to refuse, what would never be called.
   * @throws ListenerDefinitionError that says everything at once.
   */
  explore(isStrict: boolean): { projections: FoundProjection[]; strays: string[] } {
    const refusals: string[] = [];
    const accounted = new Set<object>();
    const byInstance = new Map<object, { wrapper: Wrapper; tokens: Set<unknown> }>();
    for (const wrapper of this.wrappers()) {
      const known = byInstance.get(wrapper.instance);
      if (known) known.tokens.add(wrapper.token);
      else byInstance.set(wrapper.instance, { wrapper, tokens: new Set([wrapper.token]) });
    }
    const projections: FoundProjection[] = [];
    for (const [instance, { wrapper, tokens }] of byInstance) {
      this.explored.add(instance);
      const { found, lost, replaced, foreign } = lookUpHandlers(instance, projectMethods);
      for (const record of [...replaced, ...lost.map((one) => one.record)]) accounted.add(record);
      for (const { record } of found) {
        accounted.add(record);
        record.isListener = true;
      }
      refusals.push(...foreign, ...lost.map(({ reason }) => reason));
      if (found.length === 0) continue;
      const type = instance.constructor as Type<object>;
      const methods = found.map(({ methodName, record }) => {
        return { methodName, selected: record.metadata.flat() };
      });
      refusals.push(...refusalsOf(type.name, wrapper, methods));
      projections.push({ name: type.name, instance, tokens: tokens.add(type), methods });
    }
    refusals.push(...twice(projections));
    const strays = projectMethods
      .all()
      .filter((record) => !accounted.has(record) && !record.isListener);
    const untold = strays.filter(({ wasTold }) => isStrict || !wasTold);
    for (const record of untold) record.wasTold = true;
    const told = untold.length > 0 ? [describeStrays(untold.map(describeHandler))] : [];
    if (isStrict) refusals.push(...told);
    if (refusals.length > 0) throw new ListenerDefinitionError([...new Set(refusals)].join('\n'));
    return { projections, strays: told };
  }

  /** The methods with `@Project` in these modules that {@link explore} has not seen: they were loaded later. */
  readonly findLate: FindLate = (modules) => {
    const all = modules.flatMap(({ providers, controllers }) => [
      ...providers.values(),
      ...controllers.values(),
    ]);
    const instances = new Set(instantiated(all).map(({ instance }) => instance));
    return [...instances].flatMap((instance) => {
      if (this.explored.has(instance)) return [];
      const { found } = lookUpHandlers(instance, projectMethods);
      return found.map(({ methodName }) => `${instance.constructor.name}.${methodName}`);
    });
  };

  private wrappers(): Wrapper[] {
    const all = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    return instantiated(all);
  }
}

function instantiated(all: readonly InstanceWrapper[]): Wrapper[] {
  return all.filter((wrapper): wrapper is Wrapper => {
    const instance: unknown = wrapper.instance;
    return !wrapper.isAlias && typeof instance === 'object' && instance !== null;
  });
}

function refusalsOf(
  name: string,
  wrapper: Wrapper,
  methods: readonly ProjectionMethod[],
): string[] {
  const refusals: string[] = [];
  if (wrapper.isTransient || !wrapper.isDependencyTreeStatic()) {
    refusals.push(
      `${name} has @Project, and is made anew for each request or use (its scope, or that of something that ` +
        'it injects): nobody could ask the instance that is fed. Give it the default scope.',
    );
  }
  for (const { methodName } of methods) {
    if (typeof wrapper.instance[methodName as keyof object] === 'function') continue;
    refusals.push(
      `${name}.${methodName} has @Project and is no function: a decorator has replaced it.`,
    );
  }
  const types = new Map<string, Type<object>>();
  const selected = new Set(
    methods.flatMap((method) => method.selected.flatMap(({ type }) => type ?? [])),
  );
  for (const type of selected) {
    const definition = getEventDefinition(type);
    refusals.push(...(definition ? faultsOf(definition) : []));
  }
  for (const { type, ...event } of methods.flatMap(({ selected }) => selected)) {
    const other = types.get(canonicalName(event));
    if (type && other && other !== type) {
      refusals.push(
        `${name} selects '${canonicalName(event)}' by two classes, ${other.name} and ${type.name}: all its ` +
          'methods are given the same message. Select it by one of them.',
      );
    }
    if (type) types.set(canonicalName(event), type);
  }
  return refusals;
}

function twice(projections: readonly FoundProjection[]): string[] {
  const types = projections.map(({ instance }) => instance.constructor);
  const names = projections.filter((_, i) => types.indexOf(types[i] as () => void) !== i);
  return names.map(
    ({ name }) =>
      `${name} has @Project, and two modules provide it: there would be two read models. Provide it once, and export it.`,
  );
}

function describeStrays(places: readonly string[]): string {
  return (
    `${places.join(', ')}: @Project on a method that would never be called. The class is loaded, but no ` +
    'module of this application has it among its providers or controllers. Add it to the providers of a ' +
    'module, or do not import its file. Where several applications share files, allow it: ' +
    'LightbusModule.forRoot({ strictListeners: false }).'
  );
}
