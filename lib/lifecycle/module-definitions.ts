import 'reflect-metadata';

/** What a module may be where it is imported: a class or a dynamic module, a promise of one, or `forwardRef` to one. */
export type ImportedModule = unknown;

/** Nest's metadata of `@Module`. */
const IMPORTS = 'imports';

/** Says which module a `forwardRef` refers to. */
export type FollowReference = (reference: { forwardRef(): unknown }) => unknown;

/** The class or dynamic module itself. */
export async function definitionOf(
  imported: ImportedModule,
  follow: FollowReference = (reference) => reference.forwardRef(),
): Promise<unknown> {
  const definition = await imported;
  return isReference(definition) ? await follow(definition) : definition;
}

/** What a class or dynamic module imports, as it is written there. */
export function importsOf(definition: unknown): readonly ImportedModule[] {
  const { module, imports } = partsOf(definition);
  const type = module ?? definition;
  const declared: unknown = typeof type === 'function' ? Reflect.getMetadata(IMPORTS, type) : [];
  return [declared, imports].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
}

/** Whether it is a dynamic module of that class, as `forRoot` makes them, or of one that extends it. */
export function isDynamicModuleOf(type: object, definition: unknown): boolean {
  return isModuleOf(type, partsOf(definition).module);
}

/** Whether the class of a module is that class, or extends it. */
export function isModuleOf(type: object, module: unknown): boolean {
  return module === type || Object.prototype.isPrototypeOf.call(type, Object(module) as object);
}

function isReference(definition: unknown): definition is { forwardRef(): unknown } {
  return typeof (definition as { forwardRef?: unknown } | null)?.forwardRef === 'function';
}

function partsOf(definition: unknown): { readonly module?: unknown; readonly imports?: unknown } {
  return typeof definition === 'object' && definition !== null ? definition : {};
}
