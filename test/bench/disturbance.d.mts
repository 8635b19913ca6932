export function disturbanceOf(sample: {
  readonly time: number;
  readonly cores: readonly {
    readonly name: string;
    readonly busy: number | undefined;
    readonly own: number;
  }[];
  readonly spins: readonly [number, number];
}): string | undefined;
