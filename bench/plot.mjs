/** Throughput over payload size as an SVG, both axes logarithmic. */

const COLOURS = { ours: '#0b6e4f', ws: '#b23a48', 'ws+native': '#e09f3e', copy: '#8d99ae' };
const WIDTH = 760;
const HEIGHT = 440;
const LEFT = 70;
const RIGHT = 110;
const TOP = 40;
const BOTTOM = 50;

function sizeLabel(size) {
  if (size >= 1024 * 1024) return `${size / 1024 / 1024} MiB`;
  return size >= 1024 ? `${size / 1024} KiB` : `${size} B`;
}

export function plotOf(rows, contenders) {
  const sizes = rows.map(({ size }) => size);
  const [first, last] = [Math.log2(sizes[0]), Math.log2(sizes.at(-1))];
  const rates = rows.flatMap(({ size, results }) => contenders.map((name) => size / results[name].median));
  const low = Math.floor(Math.log10(Math.min(...rates)));
  const high = Math.ceil(Math.log10(Math.max(...rates)));
  const x = (size) => LEFT + ((Math.log2(size) - first) / (last - first)) * (WIDTH - LEFT - RIGHT);
  const y = (rate) => HEIGHT - BOTTOM - ((Math.log10(rate) - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const parts = [];
  for (let power = low; power <= high; power++) {
    const at = y(10 ** power).toFixed(1);
    parts.push(`<line x1="${LEFT}" y1="${at}" x2="${WIDTH - RIGHT}" y2="${at}" stroke="#ddd"/>`);
    parts.push(
      `<text x="${LEFT - 8}" y="${at}" text-anchor="end" dominant-baseline="middle">${10 ** power} GB/s</text>`,
    );
  }
  for (const size of sizes) {
    parts.push(
      `<text x="${x(size).toFixed(1)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${sizeLabel(size)}</text>`,
    );
  }
  for (const name of contenders) {
    const points = rows.map(({ size, results }) => [x(size), y(size / results[name].median)]);
    const line = points.map((point) => point.map((each) => each.toFixed(1)).join(',')).join(' ');
    parts.push(`<polyline points="${line}" fill="none" stroke="${COLOURS[name]}" stroke-width="2"/>`);
    const [endX, endY] = points.at(-1);
    const label = name === 'copy' ? 'memory copy' : name;
    parts.push(
      `<text x="${(endX + 8).toFixed(1)}" y="${endY.toFixed(1)}" fill="${COLOURS[name]}" dominant-baseline="middle">${label}</text>`,
    );
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="22" font-size="14">Parsing masked binary messages, in memory: payload bytes a second over payload size</text>
${parts.join('\n')}
</svg>
`;
}
