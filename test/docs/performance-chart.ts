import {
  figureOf,
  LATENCY,
  THROUGHPUT,
  type Anchors,
  type Comparison,
  type Results,
} from './performance-results.js';

/** The colours of a chart, on a light page and on a dark one. */
export type Theme = 'light' | 'dark';

const COLOURS = {
  light: { text: '#1f2328', muted: '#59636e', line: '#818b98' },
  dark: { text: '#f0f6fc', muted: '#9198a1', line: '#9198a1' },
};
const PEERS = [
  { title: 'nestjs-lightbus', light: '#0969da', dark: '#4493f8' },
  { title: 'nestjs-lightbus, validation off', light: '#54aeff', dark: '#1f6feb' },
  { title: 'BullMQ', light: '#bf8700', dark: '#d29922' },
  { title: 'raw ioredis, corked', light: '#818b98', dark: '#656c76' },
];
/** What 0.1.0 was like; from the anchors alone. */
const BEFORE = { title: '0.1.0', light: '#d1d9e0', dark: '#3d444d' };

const WIDTH = 760;
const LEFT = 8;
const BAR = 13;
const LABEL_WIDTH = 48;

/** What a chart shows. */
interface Chart {
  readonly title: string;
  readonly description: string;
  readonly comparisons: readonly Comparison[];
  /** What the first contender's value is called: `raw ioredis: 9,000 events/s`. */
  readonly unit: string;
}

const CHARTS: Readonly<Record<string, Chart>> = {
  throughput: {
    title: 'Events a second, as a multiple of raw ioredis (more is better)',
    description:
      'Raw ioredis: no validation, no ownership, no recovery. BullMQ: jobs, one at a time. nestjs-lightbus: all that it promises.',
    comparisons: THROUGHPUT,
    unit: 'events/s',
  },
  latency: {
    title: 'From fire to the handler, as a multiple of raw ioredis (less is better)',
    description: 'One event every 2 ms, fired and handled in one process.',
    comparisons: LATENCY,
    unit: 'us',
  },
};

/** @returns the charts by name of file. */
export function renderCharts(results: Results, anchors: Anchors): Map<string, string> {
  const charts = new Map<string, string>();
  for (const [name, chart] of Object.entries(CHARTS)) {
    for (const theme of ['light', 'dark'] as const) {
      charts.set(`${name}-${theme}.svg`, renderChart(chart, theme, results, anchors));
    }
  }
  return charts;
}

interface Bar {
  readonly title: string;
  readonly colour: string;
  readonly ratio: number;
  /** The same, as measured independently on 0.1.0's day. */
  readonly anchor?: number | undefined;
}

function renderChart(chart: Chart, theme: Theme, results: Results, anchors: Anchors): string {
  const groups = chart.comparisons.map((comparison) => ({
    label: labelOf(comparison, chart.unit, results),
    bars: barsOf(comparison, theme, results, anchors),
  }));
  const titles = groups.flatMap(({ bars }) => bars.map(({ title }) => title));
  const ratios = groups.flatMap(({ bars }) => bars.map(({ ratio }) => ratio));
  const scale = (WIDTH - 2 * LEFT - LABEL_WIDTH) / Math.max(1, ...ratios);
  const { text, muted, line } = COLOURS[theme];
  const parts: string[] = [];
  let y = 22;
  parts.push(`<text x="${LEFT}" y="${y}" class="title">${escape(chart.title)}</text>`);
  y += 18;
  parts.push(`<text x="${LEFT}" y="${y}" class="muted">${escape(chart.description)}</text>`);
  y += 12;
  parts.push(...renderLegend(y, theme, new Set(titles)));
  y += 22;
  const top = y;
  y += 8;
  for (const { label, bars } of groups) {
    y += 20;
    parts.push(`<text x="${LEFT}" y="${y}">${escape(label)}</text>`);
    y += 6;
    for (const bar of bars) {
      parts.push(...renderBar(bar, y, scale));
      y += BAR + 2;
    }
  }
  const one = round(LEFT + scale);
  parts.push(`<line x1="${one}" x2="${one}" y1="${top}" y2="${y}" class="one"/>`);
  parts.push(`<text x="${one + 5}" y="${top + 8}" class="muted">1 = raw ioredis</text>`);
  const height = y + 10;
  const style = [
    `text { font: 12px system-ui, sans-serif; fill: ${text}; }`,
    `.title { font-size: 14px; font-weight: 600; }`,
    `.muted { fill: ${muted}; }`,
    `.one { stroke: ${line}; stroke-dasharray: 3 3; }`,
    `.anchor { stroke: ${text}; stroke-width: 2; }`,
  ].join(' ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escape(chart.title)}</title>`,
    `<desc id="desc">${escape(describe(groups))}</desc>`,
    `<style>${style}</style>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function barsOf(
  comparison: Comparison,
  theme: Theme,
  results: Results,
  anchors: Anchors,
): readonly Bar[] {
  const anchor = anchors[comparison.work] ?? {};
  const bars = PEERS.flatMap(({ title, [theme]: colour }): Bar[] => {
    const ratio = figureOf(results, comparison, title)?.ratio?.median;
    return ratio === undefined ? [] : [{ title, colour, ratio, anchor: anchor[title] }];
  });
  const before = anchor[BEFORE.title];
  if (before === undefined) return bars;
  return [...bars, { title: BEFORE.title, colour: BEFORE[theme], ratio: before }];
}

function labelOf(comparison: Comparison, unit: string, results: Results): string {
  const raw = figureOf(results, comparison, 'raw ioredis');
  if (!raw) return `${comparison.work} (not measured)`;
  const value = raw.median.toLocaleString('en', { maximumSignificantDigits: 3 });
  return `${comparison.work} (raw ioredis: ${value} ${unit})`;
}

function renderLegend(y: number, theme: Theme, titles: ReadonlySet<string>): string[] {
  let x = LEFT;
  const items = [...PEERS, BEFORE]
    .filter(({ title }) => titles.has(title))
    .flatMap(({ title, [theme]: colour }) => {
      const item = [
        `<rect x="${x}" y="${y}" width="10" height="10" fill="${colour}"/>`,
        `<text x="${x + 14}" y="${y + 9}" class="muted">${escape(title)}</text>`,
      ];
      x += 28 + Math.ceil(title.length * 6.1);
      return item;
    });
  const mark = `<line x1="${x + 5}" x2="${x + 5}" y1="${y}" y2="${y + 10}" class="anchor"/>`;
  return [...items, mark, `<text x="${x + 14}" y="${y + 9}" class="muted">then, beside it</text>`];
}

function renderBar({ colour, ratio, anchor }: Bar, y: number, scale: number): string[] {
  const width = round(ratio * scale);
  const mark = anchor === undefined ? undefined : round(LEFT + anchor * scale);
  const end = LEFT + width;
  // A mark that comes right behind the bar would be under its value.
  const isHidden = mark !== undefined && mark > end && mark < end + LABEL_WIDTH;
  const parts = [
    `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" fill="${colour}"/>`,
    `<text x="${round((isHidden ? mark : end) + 6)}" y="${y + BAR - 3}" class="muted">${ratio.toFixed(2)}</text>`,
  ];
  if (mark !== undefined) {
    parts.push(`<line x1="${mark}" x2="${mark}" y1="${y}" y2="${y + BAR}" class="anchor"/>`);
  }
  return parts;
}

function describe(groups: readonly { label: string; bars: readonly Bar[] }[]): string {
  return groups
    .map(({ label, bars }) => {
      const values = bars.map(({ title, ratio }) => `${title} ${ratio.toFixed(2)}`);
      return `${label}: ${values.join(', ')}.`;
    })
    .join(' ');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
