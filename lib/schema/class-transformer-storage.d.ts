/** What class-transformer's decorators recorded. class-transformer types only its main entry. */
declare module 'class-transformer/cjs/storage.js' {
  import type {
    ExcludeOptions,
    ExposeOptions,
    TransformationType,
    TypeHelpOptions,
    TypeOptions,
  } from 'class-transformer';

  interface MetadataStorage {
    getStrategy(target: object): 'none' | 'excludeAll' | 'exposeAll';
    getExposedProperties(target: object, transformation: TransformationType): string[];
    getExcludedProperties(target: object, transformation: TransformationType): string[];
    findExposeMetadata(target: object, property: string): { options?: ExposeOptions } | undefined;
    findExcludeMetadata(target: object, property: string): { options?: ExcludeOptions } | undefined;
    findTransformMetadatas(
      target: object,
      property: string,
      transformation: TransformationType,
    ): unknown[];
    findTypeMetadata(
      target: object,
      property: string,
    ): { typeFunction?: (options?: TypeHelpOptions) => unknown; options?: TypeOptions } | undefined;
  }

  export const defaultMetadataStorage: MetadataStorage;
}
