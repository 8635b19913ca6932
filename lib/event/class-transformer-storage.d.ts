/** What class-transformer's decorators recorded. class-transformer types only its main entry. */
declare module 'class-transformer/cjs/storage.js' {
  import type {
    ExposeOptions,
    TransformationType,
    TransformFnParams,
    TransformOptions,
    TypeHelpOptions,
    TypeOptions,
  } from 'class-transformer';

  interface MetadataStorage {
    getStrategy(target: object): 'none' | 'excludeAll' | 'exposeAll';
    getExposedMetadatas(
      target: object,
    ): readonly { readonly propertyName: string; readonly options?: ExposeOptions }[];
    getExposedProperties(target: object, transformation: TransformationType): string[];
    getExcludedProperties(target: object, transformation: TransformationType): string[];
    findTransformMetadatas(
      target: object,
      property: string,
      transformation: TransformationType,
    ): readonly {
      readonly transformFn: (params: TransformFnParams) => unknown;
      readonly options?: TransformOptions;
    }[];
    findTypeMetadata(
      target: object,
      property: string,
    ): { typeFunction?: (options?: TypeHelpOptions) => unknown; options?: TypeOptions } | undefined;

    readonly _typeMetadatas: ReadonlyMap<unknown, ReadonlyMap<string, unknown>>;
    readonly _transformMetadatas: ReadonlyMap<unknown, ReadonlyMap<string, unknown>>;
  }

  export const defaultMetadataStorage: MetadataStorage;
}
