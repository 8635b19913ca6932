import type { Type } from '@nestjs/common';
import { TransformationType } from 'class-transformer';
import { defaultMetadataStorage as storage } from 'class-transformer/cjs/storage.js';
import { inheritedMember } from '../event/own-properties.js';

/** A property of a class as it goes over the wire. */
export interface SentProperty {
  readonly property: string;
  /** Its name on the wire: another one where `@Expose({ name })` says so. */
  readonly name: string;
  /** Whether `@Transform` may make anything of its value. */
  readonly transformed: boolean;
}

/**
 * What class-transformer makes of a class's properties when it is sent: `@Exclude` takes some away,
 * `@Expose` renames some and adds getters.
 *
 * @param validated the properties that class-validator knows, which are all that may be set.
 */
export function sentProperties(type: Type<object>, validated: readonly string[]): SentProperty[] {
  const toPlain = TransformationType.CLASS_TO_PLAIN;
  const exposed = storage.getExposedProperties(type, toPlain);
  const excluded = storage.getExcludedProperties(type, toPlain);
  const isComputed = (property: string) =>
    inheritedMember(Object.create(type.prototype as object) as object, property) !== undefined;
  const known = [...new Set([...validated, ...exposed.filter(isComputed)])];
  const isSent = (property: string) =>
    storage.getStrategy(type) === 'excludeAll'
      ? exposed.includes(property)
      : exposed.includes(property) || !excluded.includes(property);
  return known.filter(isSent).flatMap((property) => {
    const options = storage.findExposeMetadata(type, property)?.options;
    // Exposed to groups only: events are sent without groups.
    if (options?.groups && options.groups.length > 0) return [];
    const transformed = storage.findTransformMetadatas(type, property, toPlain).length > 0;
    return [{ property, name: options?.name ?? property, transformed }];
  });
}
