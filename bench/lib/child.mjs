// One process of a measurement, in Node, Deno or Bun: one job (run_job.mjs).
//
// Told by its parent through one JSON argument: the order, and where the modules and the traces lie; or, with
// `describe`, which engine this is. Answers with one line of JSON.

import { readFileSync } from 'node:fs';
import { runJob } from './run_job.mjs';
import { readTrace } from './trace_file.mjs';

const { describe, modules, traces, ...order } = JSON.parse(process.argv[2]);
const each = (paths, read) => Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, read(path)]));

if (describe) {
  const { deno, bun, node, v8, webkit } = process.versions;
  const title = deno ? `Deno ${deno}` : bun ? `Bun ${bun}` : `Node ${node}`;
  const engine = bun ? (webkit ? `JavaScriptCore ${webkit.slice(0, 12)}` : 'JavaScriptCore') : `V8 ${v8}`;
  console.log(JSON.stringify(`${title}, ${engine}`));
} else {
  const given = { modules: each(modules, readFileSync), traces: each(traces, (path) => readTrace(readFileSync(path))) };
  console.log(JSON.stringify(await runJob(order, given)));
}
