import type { Feature } from '../sources/module-options.js';

/** Lightbus's features, as `lightbus run --features` and `LIGHTBUS_FEATURES` name them. */
export const LIGHTBUS_FEATURES = ['events', 'rpcs', 'tasks'] as const;

/** One of Lightbus's features; Python services share the variable that names them. */
export type LightbusFeature = (typeof LIGHTBUS_FEATURES)[number];

/** The features that this module has. */
export const FEATURES: readonly Feature[] = ['events'];

/** Those that exist here, once each; the others can be neither on nor off. */
export function featuresHere(names: readonly LightbusFeature[]): Feature[] {
  return FEATURES.filter((feature) => names.includes(feature));
}

/** Those that only Python Lightbus has, once each. */
export function featuresElsewhere(names: readonly LightbusFeature[]): LightbusFeature[] {
  const ours: readonly LightbusFeature[] = FEATURES;
  return [...new Set(names)].filter((name) => !ours.includes(name));
}
