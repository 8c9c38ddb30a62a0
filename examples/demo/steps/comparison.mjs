// The same workload with wasi-libc's malloc beside it.

import os from 'node:os';
import { compare } from '../lib/compare.mjs';
import { bytes, count, milliseconds, table } from '../lib/format.mjs';
import { phases } from '../lib/workload.mjs';

export async function comparison(context) {
  const { terminal, dataset, options } = context;
  terminal.heading('4. The same with wasi-libc’s malloc (dlmalloc)');
  const plural = options.runs === 1 ? 'once' : `${options.runs} times`;
  const figures = await terminal.during(`run the workload ${plural} with each`, (progress) =>
    compare(dataset, { runs: options.runs, warm: ['allot'], progress }),
  );
  context.figures = figures;

  const row = (what, figure, show = milliseconds) => {
    const [ours, theirs] = [figures.allot[figure], figures.dlmalloc[figure]];
    return [what, show(ours), show(theirs), (ours / theirs).toFixed(2)];
  };
  const rows = [
    ['', 'allot', 'dlmalloc', 'allot / dlmalloc'],
    ...phases.map(({ name, title }) => row(`${title}, ms`, name)),
    row('all of it, ms', 'total'),
    row('its malloc calls alone, ms', 'calls'),
    row('linear memory at the end', 'pages', (pages) => bytes(pages * 65536)),
  ];
  const lines = table(rows, { right: [false, true, true, true], width: terminal.width });
  lines.forEach((line, index) => {
    const style = index === 0 ? 'dim' : index > phases.length ? 'bold' : undefined;
    terminal.line(style ? terminal.paint(style, line) : line);
  });
  terminal.line();
  terminal.say(
    'Most of the time is SQLite’s own work, which no malloc changes. So the ' +
      `${count(figures.calls)} calls of malloc, realloc and free that the workload makes were recorded and ` +
      'made again without SQLite: “its malloc calls alone”.',
  );
  terminal.say(
    `Medians of ${options.runs}, in turn, in one process: Node ${process.versions.node}, ${os.arch()}; ` +
      'the same objects, linked with either malloc.',
  );
}
