// Writes what a run measured as files to read: results.md with all tables, and a plot of each.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './paths.mjs';
import { markdown, summaryTables } from './summary.mjs';

/** `about`: what describeMachine tells, and how often was measured. Returns the names of the files. */
export async function publish(folder, rows, about) {
  mkdirSync(folder, { recursive: true });
  const { plot } = await import('./plots.mjs'); // here, so that nothing else of the bench needs what npm installs
  const tables = summaryTables(rows);
  const files = [];
  const explained = relative(folder, join(root, 'docs/benchmarks.md'));
  const write = (name, text) => {
    writeFileSync(join(folder, name), text);
    files.push(name);
  };
  for (const table of tables) write(`${table.name}.svg`, await plot(table));
  const facts = Object.entries(about).map(([name, text]) => `| ${name} | ${text.replaceAll('|', '\\|')} |`);
  const parts = tables.map((table) => `${markdown(table)}\n![${table.title}](${table.name}.svg)\n`);
  const intro = `Written by \`./dev bench\`; what it means is in [benchmarks.md](${explained}). Medians; behind
those of allot the ratio to the best peer, which is no yardstick (\`lifo\`, \`floor\`) and no other policy of allot. In
the plots a thin line goes from the least to the most, and a dashed one marks the best peer.`;
  write('results.md', ['# Results', '', intro, '', '| | |', '|---|---|', ...facts, '', ...parts].join('\n'));
  return files;
}
