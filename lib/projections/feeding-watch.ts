import { describePlace, type Place, type Projection } from './projection.js';

/** How often is looked, ms. */
const LOOK_MS = 10_000;

/**
 * Warns, once for each event, of methods that have not returned between two looks: a promise that never settles
 * would make its projection stand still in silence.
 *
 * @returns what ends it.
 */
export function watchFeeding(
  projections: readonly Projection[],
  warn: (text: string) => void,
): () => void {
  const seen = new Map<Projection, Place | undefined>();
  const told = new WeakSet<Place>();
  const look = () => {
    for (const projection of projections) {
      const { fed, name } = projection;
      if (fed && fed === seen.get(projection) && !told.has(fed)) {
        told.add(fed);
        warn(
          `${name}: a method with @Project has not returned from ${describePlace(fed)} for ${LOOK_MS / 1000} s ` +
            'or more. Nothing else is given to it until it does.',
        );
      }
      seen.set(projection, fed);
    }
  };
  const timer = setInterval(look, LOOK_MS).unref();
  return () => clearInterval(timer);
}
