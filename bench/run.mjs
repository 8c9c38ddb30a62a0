#!/usr/bin/env node
// ./dev bench: measures the allocators on the workloads and real programs, and prints a table of each.

import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import '../tools/closed-pipe.mjs';
import { allocatorNames, checkAllocators, describePeers } from './lib/allocators.mjs';
import { accessTable, measureAccess } from './lib/access.mjs';
import { growthRows, growthTable } from './lib/growth.mjs';
import { list, parseArguments, positive } from './lib/args.mjs';
import { buildModules } from './lib/build.mjs';
import { debugCostTable, measureDebugCost } from './lib/debug_cost.mjs';
import { checkEngine, engineNames, openEngine, usualEngine } from './lib/engines.mjs';
import { instructionRows } from './lib/instructions.mjs';
import { describeMachine } from './lib/machine.mjs';
import { measure } from './lib/measure.mjs';
import { countHost, hostTable, hostWorkloads, measureHost } from './lib/host.mjs';
import { measureNative, nativeTable } from './lib/native.mjs';
import { output, root } from './lib/paths.mjs';
import { measurePair, pairAllocators, pairTable } from './lib/pair.mjs';
import { publish } from './lib/publish.mjs';
import { measureSizes } from './lib/sizes.mjs';
import { summaryText, tables } from './lib/table.mjs';
import { measureThreads, threadAllocatorNames, threadTable, threadWorkloads } from './lib/threads.mjs';
import { buildTrace } from './lib/traces.mjs';
import { measureWorst } from './lib/worst.mjs';
import { quickNames, selectJobs, selectNames, workloadNames } from './lib/workloads.mjs';

const options = parseArguments(process.argv.slice(2), {
  usage: `usage: ./dev bench [flags]

Workloads:  ${workloadNames.join(' ')}
            ${threadWorkloads.join(' ')}
Allocators: ${allocatorNames.join(' ')}
Engines:    ${engineNames.join(' ')}`,
  flags: {
    quick: {
      help: 'under 90 seconds: one process and two runs, more as time allows; no allot-exact, no growth unless named',
    },
    engine: { value: 'NAME', help: `where the modules run (default ${usualEngine})`, parse: checkEngine },
    only: {
      value: 'W2/10k,W3',
      help: 'these workloads; W4 means all of W4/…',
      parse: (text) => selectNames(list(text), [...workloadNames, ...threadWorkloads]),
    },
    allocators: { value: 'a,b', help: 'these allocators', parse: (text) => checkAllocators(list(text)) },
    processes: { value: 'N', help: 'fresh processes a workload (default 5)', parse: positive },
    runs: { value: 'N', help: 'timed runs in each process (default 7)', parse: positive },
    native: {
      help: "native programs only: W1 to W7 with native mallocs, and a C++ host's blocks in its guest (wasm2c)",
    },
    json: { value: 'FILE', help: 'write the rows to FILE' },
    plots: {
      value: 'FOLDER',
      help: 'where results.md and the plots go (default docs/benchmarks after a whole run, else build/bench/plots)',
    },
  },
});

// Everything is measured: what is then written may be published.
const whole = !['quick', 'only', 'allocators', 'processes', 'runs', 'native'].some((flag) => options[flag]);
const engineName = options.engine ?? usualEngine;

let engine;
try {
  const rows = await (options.native ? nativeOnly() : main());
  if (options.json)
    writeFileSync(options.json, `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
} catch (error) {
  showProgress('');
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
} finally {
  await engine?.close();
}

async function main() {
  // allot-exact merges at every free and is far slower than all others: half of the time would be its.
  // And allot-threads is to be counted: without atomic instructions it is nobody's library.
  const left = options.quick ? ['allot-exact', 'allot-threads'] : ['allot-threads'];
  const usual = allocatorNames.filter((name) => !left.includes(name));
  const names = options.allocators ?? usual;
  const jobs = selectJobs(options.only ?? (options.quick ? quickNames : workloadNames));

  // All is built before anything is timed; it says so, as the first time it fetches and compiles for some minutes.
  const modules = {};
  for (const guest of new Set(jobs.map((job) => job.guest))) {
    showProgress(`building ${guest}`);
    modules[guest] = buildModules(names, guest);
  }
  const traces = {};
  for (const name of new Set(jobs.flatMap((job) => job.traces))) traces[name] = buildTrace(name);

  engine = await openEngine(engineName);
  const about = { ...describeMachine(engine.title), peers: describePeers(names) || 'none' };
  showProgress('');
  for (const [name, text] of Object.entries(about)) console.log(`${name.padEnd(8)}  ${text}`);

  const runs = options.runs ?? (options.quick ? 2 : 7);
  const { rows, processes, failures } = await measure({
    engine,
    jobs,
    built: (guest) => modules[guest],
    traceOf: (name) => traces[name],
    processes: options.processes ?? (options.quick ? 3 : 5),
    runs,
    seconds: options.quick ? 45 : undefined,
    progress: showProgress,
  });
  const samples = `processes: ${processes}, runs in each: ${runs}, after a warm-up`;
  const fromScript = { processes: options.quick ? 1 : 5, progress: showProgress };
  const usualJobs = !options.only && engineName === usualEngine;
  const access = usualJobs ? measureAccess(fromScript) : [];
  const debugCost = usualJobs ? measureDebugCost(fromScript) : [];
  if (!options.only) rows.push(...measureSizes(names));
  if (usualJobs && !options.allocators) {
    rows.push(...(await measureNative({ jobs, ...nativeEffort(), progress: showProgress })));
    rows.push(...hostRows());
  }
  const pairNames = options.allocators ?? pairAllocators;
  if (usualJobs) rows.push(...measurePair({ ...fromScript, names: pairNames }));
  rows.push(...growthRows(rows));
  const threads = measureThreadsToo();
  if (usualJobs) rows.push(...measureWorst(names, { processes: options.quick ? 1 : 3, progress: showProgress }));
  if (usualJobs && !options.quick) rows.push(...instructionRows(options.allocators ?? allocatorNames, workloadNames, { progress: showProgress }));

  showProgress('');
  rows.push(...threads.rows);
  console.log(`samples   ${samples}\n\n${tables(rows)}\n\n${summaryText(rows)}`);
  for (const text of [growthTable(rows), pairTable(rows)].filter(Boolean)) console.log(`\n${text}`);
  if (threads.rows.length > 0) console.log(`\n${threadTable(threads.rows)}`);
  for (const [what, why] of [...failures, ...threads.failures]) console.log(`\nfailed: ${what}: ${why}`);
  if (access.length > 0) console.log(`\n${accessTable(access)}`);
  if (debugCost.length > 0) console.log(`\n${debugCostTable(debugCost)}`);
  await writePlots(rows, { ...about, samples, failed: [...failures.keys()].join(', ') || 'none' });
  return [...rows, ...access, ...debugCost];
}

// Only where the engine is the one that this program runs in, or when it is asked for.
function measureThreadsToo() {
  const workloads = threadWorkloads.filter((name) => options.only?.includes(name) ?? engineName === usualEngine);
  const names = threadAllocatorNames.filter((name) => options.allocators?.includes(name.replace(/-locked$/, '')) ?? true);
  if (workloads.length === 0 || names.length === 0) return { rows: [], failures: new Map() };
  const effort = options.quick ? { processes: 1, runs: 3, operations: 100_000 } : { processes: options.processes ?? 5, runs: options.runs ?? 7 };
  return measureThreads({ names, workloads, ...effort, progress: showProgress });
}

async function nativeOnly() {
  const about = describeMachine('native programs');
  for (const [name, text] of Object.entries(about)) console.log(`${name.padEnd(8)}  ${text}`);
  const jobs = selectJobs(options.only ?? workloadNames);
  const rows = await measureNative({ jobs, ...nativeEffort(), progress: showProgress });
  const host = hostRows();
  showProgress('');
  console.log([nativeTable(rows), hostTable(host)].filter(Boolean).map((text) => `\n${text}`).join('\n'));
  return [...rows, ...host];
}

// Of W1 to W3 one of each kind.
function hostRows() {
  const of = options.only && hostWorkloads.filter((name) => options.only.includes(name));
  const rows = measureHost({ of, ...nativeEffort(), progress: showProgress });
  return options.quick ? rows : [...rows, ...countHost({ of, progress: showProgress })];
}

// A native process is short: it starts at once and has nothing to compile.
function nativeEffort() {
  return options.quick ? { processes: 1, runs: 2 } : { processes: options.processes ?? 5, runs: options.runs ?? 7 };
}

async function writePlots(rows, about) {
  const published = whole && engineName === usualEngine ? join(root, 'docs/benchmarks') : join(output, 'plots');
  const folder = options.plots ?? published;
  const files = await publish(folder, rows, about);
  if (files.length > 0) console.log(`\n${relative(process.cwd(), folder) || '.'}: ${files.join(' ')}`);
}

// On a terminal one line that is overwritten; nothing in a log.
function showProgress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
