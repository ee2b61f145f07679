/** Throughput over payload size as an SVG, both axes logarithmic. vega-lite draws it. */
import { installed } from './peers.mjs';

const COLOURS = { ours: '#0b6e4f', ws: '#b23a48', 'ws+native': '#e09f3e', copy: '#8d99ae' };

export async function plotOf({ contenders, results }) {
  const { compile } = await installed('vega-lite');
  const { parse, View } = await installed('vega');
  const values = results.flatMap(({ size, results }) =>
    contenders.map((name) => ({
      size,
      rate: size / results[name].cost.median,
      name: name === 'copy' ? 'memory copy' : name,
    })),
  );
  const names = contenders.map((name) => (name === 'copy' ? 'memory copy' : name));
  const axis = (field, title, format) => ({
    field,
    type: 'quantitative',
    scale: { type: 'log', base: field === 'size' ? 2 : 10, nice: false },
    axis: {
      title,
      labelExpr: format,
      values: field === 'size' ? results.map(({ size }) => size) : undefined,
    },
  });
  const { spec } = compile({
    title: 'Parsing masked binary messages, in memory: payload bytes a second over payload size',
    width: 600,
    height: 360,
    background: '#fff',
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: axis(
        'size',
        'payload',
        "datum.value >= 1048576 ? datum.value / 1048576 + ' MiB' : datum.value >= 1024 ? datum.value / 1024 + ' KiB' : datum.value + ' B'",
      ),
      y: axis('rate', 'GB/s'),
      color: {
        field: 'name',
        type: 'nominal',
        title: null,
        scale: { domain: names, range: contenders.map((name) => COLOURS[name]) },
      },
    },
  });
  return `${await new View(parse(spec), { renderer: 'none' }).toSVG()}\n`;
}
