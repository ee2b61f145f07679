/**
 * Puts the tables into a document: `npm run bench -- --write FILE`. What is between `<!-- bench NAME -->` and
 * `<!-- /bench NAME -->` is replaced for each group that was measured. `<!-- bench summary -->` is replaced if all were:
 * it names the rows that got worse since the figures that were written last, which `--figures FILE` keeps.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { judge, ratio, render, speedOf } from './tables.mjs';

/** A row has become worse if it has lost more than this part of its speed. Runs on the same machine differ by less. */
const NOISE = 0.1;

/** How many times as fast as the base each row is, and when that was measured. */
function speedsOf(groups, date) {
  return Object.fromEntries(
    groups.flatMap((group) =>
      group.results.flatMap(({ id, title, results }) => {
        const speed = speedOf(results, group.subject, group.base, group.figure);
        return Number.isFinite(speed)
          ? [[id, { title: `${group.title}: ${title}`, speed: Number(speed.toPrecision(4)), date }]]
          : [];
      }),
    ),
  );
}

function summaryOf(groups, speeds, before) {
  const verdicts = groups.flatMap((group) =>
    group.results.flatMap(({ goals, results }) =>
      goals.map((goal) => judge(goal, results, group)).filter(Boolean),
    ),
  );
  const reached = verdicts.filter(({ isReached }) => isReached).length;
  const goals = `${reached} of ${verdicts.length} goals are reached. The tables say which, and why not.`;
  const worse = Object.entries(speeds).filter(
    ([id, { speed }]) => speed < (before[id]?.speed ?? 0) * (1 - NOISE),
  );
  if (worse.length === 0)
    return `No row has lost more than a tenth of its speed since it was written last. ${goals}`;
  const table = render(
    ['worse than before', 'before', 'now'],
    worse.map(([id, { title, speed }]) => [
      title,
      `${ratio(before[id].speed)} (${before[id].date})`,
      ratio(speed),
    ]),
  );
  return `These rows have lost more than a tenth of their speed since they were written last. The figures are how many times as fast as the base they are.\n\n${table}\n${goals}`;
}

function replace(text, name, content, file) {
  const [open, close] = [`<!-- bench ${name} -->`, `<!-- /bench ${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`${file} has no place for ${name}: ${open} ... ${close}`);
  return `${text.slice(0, from + open.length)}\n\n${content.trim()}\n\n${text.slice(to)}`;
}

/** Opens the document, and refuses one that lacks a place for a table before anything is measured. */
export function openDocument({ file, figures, environment, names, isWhole }) {
  let text = readFileSync(file, 'utf8');
  const put = (name, content) => (text = replace(text, name, content, file));
  for (const name of isWhole ? [...names, 'summary'] : names) replace(text, name, '', file);
  return {
    /** Writes at once, so that a later failure loses nothing. */
    write(name, content) {
      put(name, content);
      writeFileSync(file, text);
    },

    /** Keeps the figures for the next time, and names what got worse if all groups were measured. */
    close(groups) {
      const before = existsSync(figures) ? JSON.parse(readFileSync(figures, 'utf8')) : {};
      const speeds = speedsOf(groups, environment.date);
      if (isWhole) this.write('summary', summaryOf(groups, speeds, before));
      writeFileSync(figures, `${JSON.stringify({ ...before, ...speeds }, null, 2)}\n`);
    },
  };
}
