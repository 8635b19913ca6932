import type { Job, Sample } from './runner.mjs';

export function takeSample(job: Partial<Job>): Promise<Sample>;
