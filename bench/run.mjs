#!/usr/bin/env node
// ./dev bench: measures the allocators on the workloads and prints a table of each.

import { writeFileSync } from 'node:fs';
import { allocatorNames, checkAllocators } from './lib/allocators.mjs';
import { accessTable, measureAccess } from './lib/access.mjs';
import { list, parseArguments, positive } from './lib/args.mjs';
import { buildModules } from './lib/build.mjs';
import { describeMachine } from './lib/machine.mjs';
import { measure } from './lib/measure.mjs';
import { tables } from './lib/table.mjs';
import { selectJobs, selectNames, workloadNames } from './lib/workloads.mjs';

const options = parseArguments(process.argv.slice(2), {
  usage: `usage: ./dev bench [flags]

Workloads:  ${workloadNames.join(' ')}
Allocators: ${allocatorNames.join(' ')}`,
  flags: {
    quick: {
      help: 'at most 3 processes of 3 runs, as many as fit into 65 seconds; no allot-exact unless named',
    },
    only: {
      value: 'W2/10k,W3',
      help: 'these workloads; W4 means all of W4/…',
      parse: (text) => selectNames(list(text)),
    },
    allocators: { value: 'a,b', help: 'these allocators', parse: (text) => checkAllocators(list(text)) },
    processes: { value: 'N', help: 'fresh processes a workload (default 5)', parse: positive },
    runs: { value: 'N', help: 'timed runs in each process (default 7)', parse: positive },
    json: { value: 'FILE', help: 'write the rows to FILE' },
  },
});

try {
  for (const [name, text] of Object.entries(describeMachine())) console.log(`${name.padEnd(8)}  ${text}`);

  // allot-exact merges at every free and is far slower than all others: half of the time would be its.
  const usual = allocatorNames.filter((name) => !(options.quick && name === 'allot-exact'));
  const modules = buildModules(options.allocators ?? usual);
  const runs = options.runs ?? (options.quick ? 3 : 7);
  const { rows, processes } = measure({
    jobs: selectJobs(options.only ?? workloadNames),
    modules,
    processes: options.processes ?? (options.quick ? 3 : 5),
    runs,
    seconds: options.quick ? 65 : undefined,
    progress: showProgress,
  });
  const access = options.only ? [] : measureAccess({ processes: options.quick ? 3 : 5, progress: showProgress });
  showProgress('');
  console.log(`samples   processes: ${processes}, runs in each: ${runs}, after a warm-up\n\n${tables(rows)}`);
  if (access.length > 0) console.log(`\n${accessTable(access)}`);
  rows.push(...access);
  if (options.json)
    writeFileSync(options.json, `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
} catch (error) {
  showProgress('');
  console.error(`bench: ${error.message}`);
  process.exit(1);
}

// On a terminal one line that is overwritten; nothing in a log.
function showProgress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
