/**
 * class-validator and class-transformer, where they are installed: applications whose events all come from `defineEvent`
 * need neither. A CommonJS file, as an ES module can't import what may be missing without making everybody wait for it;
 * and with names written out, so that a bundler finds them.
 */

/* eslint-disable @typescript-eslint/no-require-imports -- see above */
import type * as ClassTransformer from 'class-transformer';
import type * as ClassTransformerStorage from 'class-transformer/cjs/storage.js';
import type * as ClassValidator from 'class-validator';

/** class-validator; `undefined` where it is not installed. */
export let classValidator: typeof ClassValidator | undefined;
/** class-transformer; `undefined` where it is not installed. */
export let classTransformer: typeof ClassTransformer | undefined;
/** Where the decorators of class-transformer record what they say; `undefined` where it is not installed. */
export let classTransformerStorage: typeof ClassTransformerStorage | undefined;

try {
  classValidator = require('class-validator') as typeof ClassValidator;
} catch (error) {
  throwUnlessMissing(error, 'class-validator');
}
try {
  classTransformer = require('class-transformer') as typeof ClassTransformer;
  classTransformerStorage =
    require('class-transformer/cjs/storage.js') as typeof ClassTransformerStorage;
} catch (error) {
  throwUnlessMissing(error, 'class-transformer');
}

// One that is there and can't be loaded is a fault.
function throwUnlessMissing(error: unknown, name: string): void {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const isMissing = code === 'MODULE_NOT_FOUND' && String(message).includes(`'${name}`);
  if (!isMissing) throw error;
}
