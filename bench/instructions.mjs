#!/usr/bin/env node
// Counts the machine instructions of each workload: a measure without noise, and so a gate for tests.
//
// The same modules that ./dev bench times, turned into C by wasm2c and run under callgrind. A count
// says nothing about caches or about what an engine makes of the code; it finds what got longer.

import { readFileSync, writeFileSync } from 'node:fs';
import '../tools/closed-pipe.mjs';
import { allocatorNames, checkAllocators } from './lib/allocators.mjs';
import { list, parseArguments } from './lib/args.mjs';
import { counted, countedPrograms } from './lib/callgrind.mjs';
import { checkGates, limitFor } from './lib/gates.mjs';
import { instructionRows } from './lib/instructions.mjs';
import { layout } from './lib/table.mjs';
import { selectNames } from './lib/workloads.mjs';

const gatesFile = new URL('gates.json', import.meta.url);
const workloadNames = Object.keys(counted);
const programNames = Object.keys(countedPrograms);

const options = parseArguments(process.argv.slice(2), {
  usage: `usage: node bench/instructions.mjs [flags]

Workloads:  ${workloadNames.join(' ')}
Programs:   ${programNames.join(' ')}
Allocators: ${allocatorNames.join(' ')}`,
  flags: {
    only: { value: 'W2/10k,W3', help: 'these workloads; W4 means all of W4/…', parse: named },
    allocators: {
      value: 'a,b',
      help: 'these allocators (default allot,dlmalloc)',
      parse: (text) => checkAllocators(list(text)),
    },
    programs: { help: 'also SQLite and Lua as whole programs: minutes for each allocator' },
    check: { help: 'count only what gates.json limits; status 1 if a limit is passed' },
    update: { value: 'N', help: 'write limits N percent above the counts to gates.json', parse: percentage },
    json: { value: 'FILE', help: 'write the rows to FILE' },
  },
});

try {
  const gates = JSON.parse(readFileSync(gatesFile, 'utf8'));
  const gated = options.check || options.update !== undefined;
  const names = options.allocators ?? (gated ? Object.keys(gates) : ['allot', 'dlmalloc']);
  const workloads = options.only ?? [...workloadNames, ...(options.programs ? programNames : [])];
  const wanted = options.check ? (name, workload) => gates[name]?.[workload] !== undefined : undefined;
  const rows = instructionRows(names, workloads, { wanted, programs: true });
  print(names, workloads, rows);
  if (options.json)
    writeFileSync(options.json, `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
  if (options.update !== undefined) {
    for (const row of rows)
      (gates[row.allocator] ??= {})[row.workload] = limitFor(row.median, options.update);
    writeFileSync(gatesFile, `${JSON.stringify(gates, null, 2)}\n`);
  }
  if (options.check) {
    const { passed, failures } = checkGates(rows, gates);
    for (const failure of failures) console.error(failure);
    console.log(`${passed} passed, ${failures.length} failed`);
    process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
  }
} catch (error) {
  console.error(`instructions: ${error.message}`);
  process.exit(1);
}

function print(names, workloads, rows) {
  const cell = (workload, allocator) =>
    rows.find((row) => row.workload === workload && row.allocator === allocator)?.median.toFixed(1) ?? '';
  const lines = workloads
    .filter((workload) => rows.some((row) => row.workload === workload))
    .map((workload) => [workload, ...names.map((name) => cell(workload, name))]);
  console.log(`Instructions per operation\n${layout([['', ...names], ...lines])}`);
}

function named(text) {
  return selectNames(list(text), [...workloadNames, ...programNames]);
}

function percentage(text) {
  const number = Number(text);
  if (!(number >= 0 && number <= 100)) throw new RangeError(`'${text}' is not a percentage`);
  return number;
}
