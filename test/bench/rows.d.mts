import type { Row } from './runner.mjs';

export const ROWS: readonly Row[];
