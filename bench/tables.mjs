/** Markdown tables of results. */

function cell(text, width) {
  return text.padStart(width);
}

function render(head, rows) {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column].length)));
  const line = (row) =>
    `| ${row.map((text, column) => (column === 0 ? text.padEnd(widths[0]) : cell(text, widths[column]))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? ` ${'-'.repeat(width)} ` : ` ${'-'.repeat(width - 1)}: `)).join('|')}|`;
  return `${[line(head), rule, ...rows.map(line)].join('\n')}\n`;
}

export function ratio(value) {
  if (value === undefined || !Number.isFinite(value)) return '-';
  return value >= 10 ? value.toFixed(0) : value >= 2 ? value.toFixed(1) : value.toFixed(2);
}

export function duration(nanoseconds) {
  if (nanoseconds < 1000) return `${nanoseconds.toFixed(nanoseconds < 100 ? 1 : 0)} ns`;
  if (nanoseconds < 1e6) return `${(nanoseconds / 1000).toPrecision(3)} µs`;
  return `${(nanoseconds / 1e6).toPrecision(3)} ms`;
}

/** Ratios of medians against ws (higher is faster), and the times of ws and of ours. */
export function engineTable(rows, contenders) {
  const others = contenders.filter((name) => name !== 'ws');
  const head = [
    'work',
    'ws',
    ...others.map((name) => (name === 'copy' ? 'floor: copy' : name)),
    'ours, time',
    'target',
  ];
  return render(
    head,
    rows.map(({ title, target, results }) => [
      title,
      duration(results.ws.median),
      ...others.map((name) => ratio(results.ws.median / results[name]?.median)),
      `${duration(results.ours.median)} (${duration(results.ours.min)} to ${duration(results.ours.max)})`,
      target === null ? '' : `${target}`,
    ]),
  );
}

/** Gigabytes per second, and the ratio of ours to ws. */
export function sizeTable(rows, contenders) {
  const head = ['work', ...contenders.map((name) => `${name}, GB/s`), 'ours, time', 'ours / ws'];
  return render(
    head,
    rows.map(({ title, size, results }) => [
      title,
      ...contenders.map((name) => (size / results[name].median).toPrecision(3)),
      duration(results.ours.median),
      ratio(results.ws.median / results.ours.median),
    ]),
  );
}

export { render };
