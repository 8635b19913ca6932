/**
 * The class behind `plainToInstance` and `instanceToPlain`. class-transformer types only its main
 * entry, and declares the method that runs `@Transform` functions as private.
 */
declare module 'class-transformer/cjs/TransformOperationExecutor.js' {
  import type { ClassTransformOptions, TransformationType } from 'class-transformer';

  export class TransformOperationExecutor {
    constructor(transformationType: TransformationType, options: ClassTransformOptions);

    transform(
      source: unknown,
      value: unknown,
      targetType: unknown,
      arrayType: unknown,
      isMap: boolean,
      level?: number,
    ): unknown;

    protected applyCustomTransformations(
      value: unknown,
      target: unknown,
      key: string,
      object: object,
      transformationType: TransformationType,
    ): unknown;
  }
}
