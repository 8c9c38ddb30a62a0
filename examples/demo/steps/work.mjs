// The workload with allot, shown: times, rows, and the heap when much is in it and when nothing is.

import { bytes, count, milliseconds, table } from '../lib/format.mjs';
import { figuresOf } from '../lib/guest.mjs';
import { showPicture } from '../lib/picture.mjs';
import { phases, runWorkload } from '../lib/workload.mjs';

// What each phase did, for people.
const sentences = {
  load: ({ dataset }) =>
    `a prepared INSERT ran ${count(dataset.cities.length)} times. JavaScript allocates each name in the ` +
    'heap and gives it away with the value, and SQLite frees it; the other values are lent from blocks ' +
    'that JavaScript frees itself.',
  index: () => 'by name, and by country and population.',
  query: ({ results }) => `${results.length} statements. Their rows:`,
  blob: ({ dataset }) =>
    `one block of ${bytes(dataset.cities.length * 16)}, packed with the coordinates of all cities, went ` +
    'into a table and came back the same.',
  copy: ({ copy }) =>
    `SQLite allocated ${bytes(copy.byteLength)} and wrote the whole database there, in its file format. ` +
    'JavaScript reads it where it lies, and will free it.',
  shrink: () => 'JavaScript freed the copy; every other city was deleted and the database rebuilt (VACUUM).',
  close: () => 'the database was closed and SQLite shut down; JavaScript freed its last block.',
};

const names = {
  load: 'Load',
  index: 'Index',
  query: 'Query',
  blob: 'Blob',
  copy: 'Copy',
  shrink: 'Shrink',
  close: 'Close',
};

export function work(context) {
  const { terminal, guest, dataset, options } = context;
  terminal.heading('2. Work');
  let last = performance.now();
  const announced = () => (last = performance.now());
  terminal.progress('load …');
  const run = runWorkload(guest, dataset, {
    forget: options.leak ? 3 : 0,
    progress: (done, all) => terminal.progress(`load … ${count(done)} of ${count(all)} rows`),
    after(phase, state) {
      const elapsed = performance.now() - last;
      terminal.say(
        `${terminal.paint('bold', names[phase])} (${milliseconds(elapsed)} ms): ${sentences[phase](state)}`,
      );
      if (phase === 'query') showResults(terminal, state.results);
      if (phase === 'copy') {
        context.full = figuresOf(guest);
        showPicture(terminal, guest, 'With the copy:');
        terminal.line();
      }
      const next = phases[phases.findIndex(({ name }) => name === phase) + 1];
      if (next) terminal.progress(`${next.title} …`);
      announced();
    },
  });
  context.results = run.results;
  context.after = figuresOf(guest);
  showPicture(terminal, guest, 'After:');
}

function showResults(terminal, results) {
  for (const { title, columns, rows } of results) {
    terminal.line();
    terminal.say(title, { style: 'cyan' });
    const [head, ...lines] = table([columns, ...rows.map((row) => row.map(shown))], {
      right: columns.map((_, index) => rows.every((row) => ['bigint', 'number'].includes(typeof row[index]))),
      width: terminal.width,
      indent: 4,
    });
    terminal.line(terminal.paint('dim', head));
    for (const line of lines) terminal.line(line);
  }
  terminal.line();
}

function shown(value) {
  if (value === null) return 'NULL';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return typeof value === 'string' ? value : count(value);
}
