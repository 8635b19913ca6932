import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LazyModuleLoader, ModuleRef, ModulesContainer } from '@nestjs/core';
import type { Module } from '@nestjs/core/injector/module.js';
import { ListenerDefinitionError } from '../errors.js';

/** Methods in modules that nobody has looked at, and that would be called if they were there at the start. */
export type FindLate = (modules: Module[]) => string[];

/**
 * Refuses handlers in modules that are loaded lazily, once the listeners (or projections) have started: nothing would
 * call them. Nest tells nobody of such a module, so this stands around the application's loader.
 */
@Injectable()
export class LazyModules implements OnModuleInit {
  private readonly finders = new Map<string, FindLate>();

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly modules: ModulesContainer,
  ) {}

  /** Early: what is being loaded when the listeners start must be looked at, too. */
  onModuleInit(): void {
    const loader = this.moduleRef.get(LazyModuleLoader, { strict: false });
    const load = loader.load.bind(loader);
    loader.load = async (...args) => {
      const loaded = await load(...args);
      if (this.finders.size > 0) this.check(loaded);
      return loaded;
    };
  }

  /** From now on `LazyModuleLoader.load` rejects for a module in which `findLate` finds something. */
  guard(what: 'listeners' | 'projections', findLate: FindLate): void {
    this.finders.set(what, findLate);
  }

  private check(loaded: ModuleRef): void {
    const module = [...this.modules.values()].find(
      (one) => one.getProviderByKey<ModuleRef>(ModuleRef)?.instance === loaded,
    );
    const modules = module ? withImports(module) : [];
    const late = [...this.finders.values()].flatMap((findLate) => findLate(modules));
    if (late.length === 0) return;
    throw new ListenerDefinitionError(
      `${module?.name ?? ''} was loaded lazily, and has handlers that would never be called: ` +
        `${late.join(', ')}. Listeners and projections start with the application: put them into a module that it ` +
        'imports.',
    );
  }
}

function withImports(module: Module, all = new Set<Module>()): Module[] {
  if (!all.has(module)) {
    all.add(module);
    for (const imported of module.imports) withImports(imported, all);
  }
  return [...all];
}
