/** Markdown tables of results. */
import { markdownTable } from 'markdown-table';

import { SHARES } from './profile.mjs';

/** The first column is text, the others are figures. */
export const render = (head, rows) =>
  `${markdownTable([head, ...rows], { align: ['l', ...head.slice(1).map(() => 'r')] })}\n`;

export function ratio(value) {
  if (value === undefined || !Number.isFinite(value)) return '-';
  return value >= 10 ? value.toFixed(0) : value >= 2 ? value.toFixed(1) : value.toFixed(2);
}

export function duration(nanoseconds) {
  if (nanoseconds < 1000) return `${nanoseconds.toFixed(nanoseconds < 100 ? 1 : 0)} ns`;
  if (nanoseconds < 1e6) return `${(nanoseconds / 1000).toPrecision(3)} µs`;
  return `${(nanoseconds / 1e6).toPrecision(3)} ms`;
}

/** How many times as fast `of` is as `against`. Of a rate, more is faster; of everything else, less is. */
export function speedOf(results, of, against, figure) {
  const [fast, slow] = [results[of]?.[figure]?.median, results[against]?.[figure]?.median];
  return figure === 'rate' ? fast / slow : slow / fast;
}

/** What a goal asks for, what was measured, and whether that is enough. */
export function judge({ of, against, than, atLeast, atMost, limit, figure }, results, group) {
  const name = figure ?? group.figure;
  if (limit !== undefined) {
    const { median } = results[of][name];
    return {
      goal: `${of}: at most ${limit.toLocaleString('en')}`,
      measured: Math.round(median).toLocaleString('en'),
      isReached: median <= limit,
    };
  }
  if (than !== undefined) {
    const other = group.results.find(({ id }) => id === than);
    if (other === undefined) return null;
    const cost = results[of].cost.median / other.results[of].cost.median;
    return {
      goal: `${of}: at most ${atMost} x that of ${other.title}`,
      measured: ratio(cost),
      isReached: cost <= atMost,
    };
  }
  const speed = speedOf(results, of, against, name);
  if (!Number.isFinite(speed)) return null;
  return atLeast === undefined
    ? {
        goal: `${of}: at most ${atMost} x ${against}`,
        measured: ratio(1 / speed),
        isReached: 1 / speed <= atMost,
      }
    : {
        goal: `${of}: at least ${atLeast} x ${against}`,
        measured: ratio(speed),
        isReached: speed >= atLeast,
      };
}

const headingOf = (contender) => (contender === 'copy' ? 'floor: copy' : contender);

const TABLES = {
  /** Rows down, contenders across: ratios to the base, and the figures of the base and of the subject. */
  ratios({ base, subject, contenders, figure, results }) {
    const inRows = results.flatMap((row) => Object.keys(row.results));
    const others = [...new Set([...contenders, ...inRows])].filter(
      (name) => name !== base && inRows.includes(name),
    );
    const isRate = figure === 'rate';
    const cost = (results, name) => {
      const { median, min, max } = results[name].cost;
      return `${duration(median)} (${duration(min)} to ${duration(max)})`;
    };
    const perSecond = (results, name) => Math.round(results[name].rate.median).toLocaleString('en');
    return render(
      [
        'work',
        ...(isRate ? [`${base}, a second`] : []),
        `${base}, each`,
        ...others.map(headingOf),
        ...(isRate ? [`${subject}, a second`] : []),
        `${subject}, each`,
      ],
      results.map(({ title, results }) => [
        title,
        ...(isRate ? [perSecond(results, base)] : []),
        duration(results[base].cost.median),
        ...others.map((name) => {
          if (results[name] === undefined) return '-';
          const costs = ratio(speedOf(results, name, base, 'cost'));
          return isRate ? `${ratio(speedOf(results, name, base, 'rate'))} (${costs})` : costs;
        }),
        ...(isRate ? [perSecond(results, subject)] : []),
        cost(results, subject),
      ]),
    );
  },

  /** Gigabytes per second, and the ratio of the subject to the base. */
  throughput({ base, subject, contenders, results }) {
    return render(
      [
        'work',
        ...contenders.map((name) => `${headingOf(name)}, GB/s`),
        `${subject}, each`,
        `${subject} / ${base}`,
      ],
      results.map(({ title, size, results }) => [
        title,
        ...contenders.map((name) => (size / results[name].cost.median).toPrecision(3)),
        duration(results[subject].cost.median),
        ratio(speedOf(results, subject, base, 'cost')),
      ]),
    );
  },

  /** Contenders down, figures across, a table for each row. The least is in brackets. */
  figures({ figures, results }) {
    const shown = (value, unit) =>
      unit === 'ms' || unit === 'MB'
        ? value.toFixed(value < 1 ? 3 : 1)
        : Math.round(value).toLocaleString('en');
    const names = Object.keys(figures);
    const head = names.map((name) => (figures[name] === '' ? name : `${name}, ${figures[name]}`));
    const cell = ({ median, min, rounds }, unit) =>
      shown(median, unit) +
      (rounds.length > 1 && unit !== '' && unit !== '/s' ? ` (${shown(min, unit)})` : '');
    return results
      .map(({ title, results }) =>
        render(
          [title, ...head],
          Object.entries(results).map(([contender, each]) => [
            contender,
            ...names.map((name) => cell(each[name], figures[name])),
          ]),
        ),
      )
      .join('\n');
  },
};

/** The goals of a group: whether they are reached, and why not. */
function goalTable(group) {
  const rows = group.results.flatMap(({ title, goals, why, results }) =>
    goals.flatMap((goal) => {
      const verdict = judge(goal, results, group);
      if (verdict === null) return [];
      return [
        [
          title,
          verdict.goal,
          verdict.measured,
          verdict.isReached ? 'reached' : `**not reached**${why ? `: ${why}` : ''}`,
        ],
      ];
    }),
  );
  return rows.length === 0
    ? ''
    : `\n${markdownTable([['work', 'goal', 'measured', ''], ...rows], { align: ['l', 'l', 'r', 'l'] })}\n`;
}

/** The tables of a group that has been measured: its figures and its goals. */
export const tablesOf = (group) => TABLES[group.table](group) + goalTable(group);

/** The columns and cells of a table of shares. The limit is the largest share. */
function shareColumns(profiles) {
  const names = Object.keys(SHARES).filter((name) =>
    profiles.some(({ shares }) => (shares[name] ?? 0) >= 0.005),
  );
  const percent = (part = 0) => `${(part * 100).toFixed(0)} %`;
  return {
    head: [...names.map((name) => SHARES[name]), 'limit'],
    cells: ({ shares }) => [
      ...names.map((name) => percent(shares[name])),
      SHARES[
        names.reduce((most, name) => ((shares[name] ?? 0) > (shares[most] ?? 0) ? name : most), names[0])
      ],
    ],
  };
}

/** The shares of the time of profiled rows. */
export function profileTable(profiles) {
  const { head, cells } = shareColumns(profiles);
  return render(
    ['work', 'contender', 'each', ...head],
    profiles.map((each) => [each.title, each.contender, duration(each.figures.cost), ...cells(each)]),
  );
}
