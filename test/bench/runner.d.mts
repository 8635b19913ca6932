export interface Contender {
  readonly title: string;
  readonly file?: string;
  readonly options?: object;
  readonly share?: number;
}
export interface Row {
  readonly group: string;
  readonly name: string;
  readonly module: string;
  readonly better: 'higher' | 'lower';
  readonly compared: readonly string[];
  readonly counts?: Readonly<Record<string, number | null>>;
  readonly contenders: (mode: string) => readonly Contender[];
}
export interface Job {
  readonly module: string;
  readonly row: string;
  readonly contender: Contender;
  readonly mode: string;
  readonly count: number;
  readonly warmUp: number;
  readonly url: string;
  readonly patience?: number;
}
export interface Sample {
  readonly figures: Readonly<Record<string, number>>;
  readonly disturbed?: string | undefined;
  readonly lost?: number;
}
export interface Run {
  readonly title: string;
  readonly samples: readonly (Sample & { readonly retries: number })[];
}
export function runRow(
  row: Row,
  options: {
    readonly mode: string;
    readonly rounds: number;
    readonly retries: number;
    readonly take?: (job: Job) => Promise<Sample>;
    readonly startServer?: () => Promise<{ readonly url: string; stop(): Promise<void> }>;
  },
): Promise<Run[]>;
