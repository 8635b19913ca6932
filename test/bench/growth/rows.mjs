/**
 * What this module costs against the size of what it meets: each size is compared with the smallest one. Nothing
 * may grow that the size is no reason for.
 *
 * @param module URL of the file that declares them.
 * @param figures each with `name`, `of` what there are so many, `sizes`, those of `quick`, the one
 *   of `smoke` if that is not the first of these, `units` and
 *   `measure`, which resolves to a value for each unit.
 */
export function growthRows(module, figures, group = 'growth') {
  return figures.map(({ name, of, sizes, quick, smoke, units, measure, rounds = 1 }) => ({
    ...{ group, name, module, better: 'lower', compared: units, rounds },
    contenders(mode) {
      const chosen = { full: sizes, quick, smoke: [smoke ?? quick[0]] }[mode];
      return chosen.map((size) => ({ title: `${size.toLocaleString('en')} ${of}`, size }));
    },
    async take({ url, client, contender, mode }) {
      const values = await measure({ url, client, mode }, contender.size);
      return { figures: Object.fromEntries(units.map((unit, i) => [unit, values[i]])) };
    },
  }));
}
