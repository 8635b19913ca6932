import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LazyModuleLoader, ModuleRef, ModulesContainer } from '@nestjs/core';
import type { Module } from '@nestjs/core/injector/module.js';
import { ListenerDefinitionError } from '../errors.js';
import { ListenerExplorer } from './listener.explorer.js';

/**
 * Refuses handlers in modules that are loaded lazily, once the listeners have started: nothing would
 * call them. Nest tells nobody of such a module, so this stands around the application's loader.
 */
@Injectable()
export class LazyModules implements OnModuleInit {
  private haveListenersStarted = false;

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly modules: ModulesContainer,
    private readonly explorer: ListenerExplorer,
  ) {}

  /** Early: what is being loaded when the listeners start must be looked at, too. */
  onModuleInit(): void {
    const loader = this.moduleRef.get(LazyModuleLoader, { strict: false });
    const load = loader.load.bind(loader);
    loader.load = async (...args) => {
      const loaded = await load(...args);
      if (this.haveListenersStarted) this.check(loaded);
      return loaded;
    };
  }

  /** From now on `LazyModuleLoader.load` rejects for a module with a handler that was not explored. */
  guard(): void {
    this.haveListenersStarted = true;
  }

  private check(loaded: ModuleRef): void {
    const module = [...this.modules.values()].find(
      (one) => one.getProviderByKey<ModuleRef>(ModuleRef)?.instance === loaded,
    );
    const late = module ? this.explorer.findLate(withImports(module)) : [];
    if (late.length === 0) return;
    throw new ListenerDefinitionError(
      `${module?.name ?? ''} was loaded lazily, and has handlers that would never be called: ` +
        `${late.join(', ')}. Listeners start with the application: put them into a module that it ` +
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
