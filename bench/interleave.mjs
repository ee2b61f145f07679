/**
 * Measures contenders side by side. They are measured in turn, so that a disturbance of the machine affects all of
 * them.
 *
 * A kind of measurement is a function `start(contender, row, pace)`. It starts the processes of the contender and
 * resolves with
 * - `warmUp(milliseconds)`, which also checks the output;
 * - `round(milliseconds)`, which returns an object of figures;
 * - `check()`, which checks the output again after the last round, if there is one;
 * - `measured`, the process whose time is measured, for profiles;
 * - `stop()`.
 * It resolves with null if the contender cannot do the work of the row.
 */

export function summaryOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[sorted.length >>> 1], min: sorted[0], max: sorted.at(-1), rounds: values };
}

/** @returns the summaries of the figures, by contender and name of the figure. */
export async function interleave(start, row, contenders, pace) {
  const running = [];
  try {
    for (const contender of contenders) {
      const it = await start(contender, row, pace);
      if (it === null) continue;
      running.push({ contender, it, figures: [] });
      await it.warmUp(pace.warm);
    }
    for (let turn = 0; turn < pace.rounds; turn++)
      for (const { it, figures } of running) figures.push(await it.round(pace.milliseconds));
    for (const { it } of running) await it.check?.();
  } finally {
    for (const { it } of running) it.stop();
  }
  return Object.fromEntries(
    running.map(({ contender, figures }) => [
      contender,
      Object.fromEntries(
        Object.keys(figures[0]).map((name) => [name, summaryOf(figures.map((each) => each[name]))]),
      ),
    ]),
  );
}
