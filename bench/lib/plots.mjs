// Tables as pictures: Vega-Lite describes them, Vega draws them as SVG.

import { compile } from 'vega-lite';
import { parse, View } from 'vega';
import { isPeer } from './allocators.mjs';
import { bestPeer } from './summary.mjs';

// A dashed line at the best peer, in each of the charts.
const bestLine = {
  transform: [
    { filter: 'isValid(datum.best)' },
    { aggregate: [{ op: 'max', field: 'best', as: 'best' }], groupby: ['workload'] },
  ],
  mark: { type: 'rule', strokeDash: [3, 3], color: '#cf222e' },
  encoding: { x: { field: 'best', type: 'quantitative' } },
};

const colors = { allot: '#1f6feb', peer: '#8c959f', yardstick: '#d8dee4' };

function kindOf(table, allocator) {
  if (allocator.startsWith('allot')) return 'allot';
  return table.name === 'native' || isPeer(allocator) ? 'peer' : 'yardstick';
}

// `exact` is many times slower than all others: beside it nothing else could be seen. Its figures are in the tables.
const shows = (table, allocator) => allocator !== 'allot-exact' || /^(space|small-heap|code)/.test(table.name);

/** The SVG of one table of summary.mjs: a small chart for each of its lines, bars with the least and the most. */
export async function plot(table) {
  const values = table.lines.flatMap((line) => {
    const least = bestPeer(table, line);
    const best = Number.isFinite(least) ? least : null;
    return line.cells.flatMap((row, i) => {
      const allocator = table.columns[i];
      if (row === undefined || !shows(table, allocator)) return [];
      const { median, min, max } = row;
      return [{ workload: line.label, allocator, kind: kindOf(table, allocator), median, min, max, best }];
    });
  });
  const y = { field: 'allocator', type: 'nominal', sort: table.columns, title: null };
  const x = (field) => ({ field, type: 'quantitative', title: null, axis: { tickCount: 4, grid: true } });
  const color = {
    field: 'kind',
    type: 'nominal',
    legend: null,
    scale: { domain: Object.keys(colors), range: Object.values(colors) },
  };
  const spec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: table.title, anchor: 'start', fontSize: 13, offset: 12 },
    background: 'white',
    padding: 10,
    config: { font: 'sans-serif', view: { stroke: null }, axis: { domainColor: '#57606a', labelFontSize: 10 } },
    data: { values },
    columns: Math.min(3, table.lines.length),
    facet: { field: 'workload', type: 'nominal', sort: table.lines.map(({ label }) => label), title: null },
    resolve: { scale: { x: 'independent' } },
    spec: {
      width: 220,
      height: { step: 15 },
      layer: [
        { mark: { type: 'bar', clip: true }, encoding: { y, x: x('median'), color } },
        { mark: { type: 'rule', color: '#24292f', clip: true }, encoding: { y, x: x('min'), x2: { field: 'max' } } },
        bestLine,
      ],
    },
  };
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}
