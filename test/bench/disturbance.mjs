// Whether a sample was disturbed: others took a good part of its two cores, or this core was not as fast
// before as after.
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** A larger share of a core than this, taken by others (hypervisors included), disturbs. */
const FOREIGN_SHARE = 0.1;

/** Ticks are coarse: as many may be counted to the wrong one. */
const TICK_S = 0.01;
const UNCERTAIN_S = 4 * TICK_S;

/** The same work may take so many times as long before as after, or the other way round. */
const UNEVEN = 1.3;

/** How long a fixed piece of work takes, ms: the shortest of a few. */
export function spin() {
  let shortest = Infinity;
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    let x = i;
    for (let n = 0; n < 1_000_000; n++) x = (x * 31 + n) | 0;
    shortest = Math.min(shortest, performance.now() - began + (x === 0 ? 1e-9 : 0));
  }
  return shortest;
}

/** @returns what a core has been busy with so far, s, stolen time included; undefined where nobody tells. */
export function busy(core) {
  if (core === undefined) return undefined;
  try {
    const line = new RegExp(`^cpu${core} (.+)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'));
    // Interrupts are left out: most of them are for what is measured.
    const [user, nice, system, , , , , stolen] = line[1].split(' ').map(Number);
    return (user + nice + system + stolen) * TICK_S;
  } catch {
    return undefined;
  }
}

/**
 * Why a sample counts as disturbed; undefined where it does not.
 *
 * @param sample.time how long it took, s.
 * @param sample.cores of each core: how long it was busy, and how much of that with what is measured, s.
 * @param sample.spins how long the same work took before and after, ms.
 */
export function disturbanceOf({ time, cores, spins: [before, after] }) {
  for (const { name, busy, own } of cores) {
    const foreign = busy - own;
    if (foreign > Math.max(FOREIGN_SHARE * time, UNCERTAIN_S)) {
      return `others used ${Math.round((foreign / time) * 100)} % of the core of the ${name}`;
    }
  }
  const uneven = Math.max(before, after) / Math.min(before, after);
  if (uneven > UNEVEN)
    return `the core was ${uneven.toFixed(1)} times as fast at one end as at the other`;
  return undefined;
}
