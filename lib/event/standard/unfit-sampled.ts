import type { StandardSchemaV1 } from '@standard-schema/spec';
import { copyOfJson } from './carried-values.js';
import { findDifferences } from './differences.js';
import { publishedForm } from './published-form.js';
import { samplePayloads } from './sample-values.js';
import type { Unfit } from './unfit.js';

/**
 * Where a schema changes samples of what it accepts, for libraries that don't say how a schema is made. Samples are made
 * of its JSON Schema; without one there is only the empty object, which shows defaults. What the schema refuses, or
 * throws at, says nothing. A schema that validates asynchronously is not tried: where the event is defined, nothing
 * waits. What is not found here is refused when it is fired.
 */
export function findBySamples(schema: StandardSchemaV1): Unfit[] {
  const found = new Map<string, Unfit>();
  for (const sample of [{}, ...samplesOf(schema)]) {
    const outcome = outcomeOf(schema, sample);
    if (outcome === 'later') break;
    if (outcome === 'none' || outcome.issues) continue;
    for (const { path, value } of findDifferences(sample, outcome.value).changed) {
      const what = value === undefined ? 'a default' : 'a transform or a coercion';
      found.set(path, { path: path === '' ? [] : [path], what, how: 'changes' });
    }
  }
  return [...found.values()];
}

function samplesOf(schema: StandardSchemaV1): unknown[] {
  try {
    const form = publishedForm(schema);
    return form ? samplePayloads(form.jsonSchema) : [];
  } catch {
    // It describes nothing: that is told where it is published.
    return [];
  }
}

function outcomeOf(
  schema: StandardSchemaV1,
  sample: unknown,
): StandardSchemaV1.Result<unknown> | 'later' | 'none' {
  try {
    // Its own copy: a schema may change what it validates.
    const result = schema['~standard'].validate(copyOfJson(sample));
    if (!(result instanceof Promise)) return result;
    result.catch(() => undefined);
    return 'later';
  } catch {
    return 'none';
  }
}
