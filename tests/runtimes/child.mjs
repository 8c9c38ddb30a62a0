// Deno's and Bun's side: runs the tests of one placed file and prints events.
//
//   child.mjs FILE        with ALLOT_TEST in the environment: what globalThis.allotTest shall be, as JSON

import { pathToFileURL } from 'node:url';

import { runFile } from './collector.mjs';
import { toLine } from './events.mjs';

globalThis.allotTest = JSON.parse(process.env.ALLOT_TEST);
await runFile(() => import(pathToFileURL(process.argv[2]).href), (event) => console.log(toLine(event)));
// Without waiting for what a test left running.
process.exit(0);
