// In Jest's sandbox, each look at a global costs more than all that is done here with a number.
const { floor, imul } = Math;

/** Numbers by chance that are the same for the same seed (mulberry32): what went wrong can be repeated. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** At least 0, less than 1. */
  next(): number {
    return this.word() / 2 ** 32;
  }

  /** A whole number; both bounds are possible. */
  between(min: number, max: number): number {
    return min + floor(this.next() * (max - min + 1));
  }

  bytes(length: number): Buffer {
    const padded = Buffer.allocUnsafe(length + 3);
    for (let i = 0; i < length; i += 4) padded.writeUInt32LE(this.word(), i);
    return padded.subarray(0, length);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.between(0, list.length - 1)];
    if (picked === undefined) throw new Error('Nothing to pick from.');
    return picked;
  }

  shuffle<T>(list: readonly T[]): T[] {
    const shuffled = [...list];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.between(0, i);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  }

  private word(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}
