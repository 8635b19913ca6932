import {
  figureOf,
  LATENCY,
  THROUGHPUT,
  type Anchors,
  type Comparison,
  type Results,
  type RowResult,
  type Summary,
} from './performance-results.js';

const RAW = 'raw ioredis';
const CORKED = 'raw ioredis, corked';
const BULL = 'BullMQ';
const OURS = 'nestjs-lightbus';
const UNCHECKED = 'nestjs-lightbus, validation off';

/** Groups of rows that compare sizes, not peers. */
const SIZES = ['listeners', 'streams', 'growth'];

/** On what it was measured. */
export function renderEnvironment({ environment, rows }: Results): string {
  const { processor, cores, pinned, node, server, ioredis, bullmq } = environment;
  const dates = rows.map(({ date }) => date).sort();
  const rounds = rows.filter(({ group }) => group === 'fire' || group === 'handle');
  const all = rows.flatMap(({ contenders }) => contenders);
  const sum = (of: (contender: (typeof all)[number]) => number) =>
    all.reduce((total, contender) => total + of(contender), 0);
  const quick = rows.some(({ mode }) => mode === 'quick')
    ? ' **Some rows are from a quick run: they are no record.**'
    : '';
  return (
    `${dates.at(-1) ?? 'Not measured'}: ${server}, Node.js ${node}, ioredis ${ioredis}, BullMQ ${bullmq}, on ${cores} cores ` +
    `(${processor}), server and client ${pinned ? 'bound to a core each' : 'not bound to cores'}; ` +
    `${Math.max(0, ...rounds.map((row) => row.rounds))} rounds of firing and handling. Samples taken again because they were disturbed: ` +
    `${sum(({ retries }) => retries)}; disturbed and counted all the same: ${sum(({ disturbed }) => disturbed)}; events lost: ${sum(({ lost }) => lost)}.${quick}\n`
  );
}

/** The comparison with the peers, and with the anchors. */
export function renderRatios(results: Results, anchors: Anchors): string {
  const cell = (comparison: Comparison, title: string, anchor = title) => {
    const ratio = figureOf(results, comparison, title)?.ratio;
    const before = anchors[comparison.work]?.[anchor];
    const text = ratio ? withRange(ratio, (value) => value.toFixed(2)) : '';
    return before === undefined ? text : `${text} [${before.toFixed(2)}]`.trimStart();
  };
  const rows = [...THROUGHPUT, ...LATENCY].map((comparison) => [
    comparison.work,
    absolute(results, comparison),
    cell(comparison, CORKED),
    cell(comparison, BULL),
    cell(comparison, OURS, '0.1.0'),
    cell(comparison, UNCHECKED, '0.1.0, validation off'),
  ]);
  const history = { work: 'history', row: 'history', figure: 'events/s' };
  const raw = figureOf(results, history, 'raw XRANGE loop');
  const ours = ['class', 'name'].map((by) => {
    const ratio = figureOf(results, history, `history, by ${by}`)?.ratio;
    return ratio ? `by ${by} ${withRange(ratio, (value) => value.toFixed(2))}` : '';
  });
  const before = [ours.filter(Boolean).join(', '), '[0.3 to 0.5]'].join(' ').trimStart();
  rows.push([
    'history',
    raw ? `${withRange(raw, number)} events/s` : 'not measured',
    '',
    '',
    before,
    '',
  ]);
  return table(
    ['Work', RAW, 'its socket corked', BULL, OURS, 'with `validate: { outgoing: false }`'],
    rows,
  );
}

/** What the README shows of it. */
export function renderKeyRatios(results: Results): string {
  const ratio = (comparison: Comparison, title: string) =>
    figureOf(results, comparison, title)?.ratio?.median.toFixed(2) ?? '';
  return table(
    ['Work', BULL, OURS, 'validation off'],
    [...THROUGHPUT, ...LATENCY].map((comparison) => [
      comparison.work + (LATENCY.includes(comparison) ? ' (less is better)' : ''),
      ratio(comparison, BULL),
      ratio(comparison, OURS),
      ratio(comparison, UNCHECKED),
    ]),
  );
}

/** CPU per event of client and server. */
export function renderCosts(results: Results): string {
  const peers = [RAW, CORKED, BULL, OURS, UNCHECKED];
  const rows = THROUGHPUT.map(({ work, row }) => [
    work,
    ...peers.map((title) => {
      const [client, server] = ['client CPU, us', 'server CPU, us'].map((figure) =>
        figureOf(results, { row, figure }, title),
      );
      return client && server ? `${number(client.median)} + ${number(server.median)}` : '';
    }),
  ]);
  return table(['Work', ...peers], rows);
}

/** What costs grow with, and do not. */
export function renderGrowth({ rows }: Results): string {
  const cells = rows
    .filter(({ group }) => SIZES.includes(group))
    .flatMap((row) => row.compared.map((figure) => growthOf(row, figure)));
  return table(['What', 'Sizes', 'Figure', 'Values', 'Last / first'], cells);
}

function growthOf({ name, contenders }: RowResult, figure: string): string[] {
  const values = contenders.map(({ figures }) => figures[figure]);
  const [, of = ''] = /^[\d,]+ (.+)$/.exec(contenders[0]?.title ?? '') ?? [];
  const sizes = contenders.map(({ title }) => title.replace(` ${of}`, ''));
  return [
    name,
    `${sizes.join(' / ')} ${of}`,
    figure,
    values.map((value) => number(value?.median)).join(' / '),
    number(values.at(-1)?.ratio?.median),
  ];
}

/** What stays in memory. */
export function renderHeap({ rows }: Results): string {
  const found = rows.find(({ group }) => group === 'heap')?.contenders ?? [];
  return table(
    ['Listener', 'Bytes an event that stay', 'Events/s'],
    found.map(({ title, figures }) => [
      title,
      figures['bytes an event']?.median.toFixed(2) ?? '',
      number(figures['events/s']?.median),
    ]),
  );
}

function absolute(results: Results, { row, figure }: Comparison): string {
  const found = figureOf(results, { row, figure }, RAW);
  if (!found) return 'not measured';
  const unit = figure === 'events/s' ? figure : 'us';
  return `${withRange(found, number)} ${unit}`;
}

function withRange({ median, min, max }: Summary, format: (value: number) => string): string {
  return min === max ? format(median) : `${format(median)} (${format(min)} to ${format(max)})`;
}

function number(value: number | undefined): string {
  return value?.toLocaleString('en', { maximumSignificantDigits: 3 }) ?? '';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}
