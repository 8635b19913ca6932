import { ratiosWithinRounds, summary } from './statistics.mjs';

/** What a row has come to: of each contender and figure median and range, and the same of its ratios. */
export function resultOf(row, runs) {
  const [base] = runs;
  return {
    ...{ group: row.group, name: row.name, better: row.better, compared: row.compared },
    contenders: runs.map(({ title, samples }) => ({
      title,
      figures: Object.fromEntries(
        Object.keys(samples[0].figures).map((figure) => {
          const of = ({ samples }) => samples.map(({ figures }) => figures[figure]);
          const ratio = summary(ratiosWithinRounds(of({ samples }), of(base)));
          return [figure, { ...summary(of({ samples })), ratio }];
        }),
      ),
      retries: samples.reduce((sum, { retries }) => sum + retries, 0),
      disturbed: samples.filter(({ disturbed }) => disturbed).length,
      lost: 0,
    })),
  };
}
