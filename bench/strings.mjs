#!/usr/bin/env node
// Measures reading and writing text in a memory from JavaScript, beside the platform's own codec.
// Measures what was built last (js/dist); needs nothing else.

import { writeFileSync } from 'node:fs';

import '../tools/closed-pipe.mjs';
import { list, parseArguments, positive } from './lib/args.mjs';
import { measureStrings, stringTable, textEncodings } from './lib/strings.mjs';

const options = parseArguments(process.argv.slice(2), {
  usage: `usage: node bench/strings.mjs [flags]

Encodings: ${textEncodings.join(' ')}`,
  flags: {
    encodings: { value: 'utf8,utf16', help: 'these encodings', parse: (text) => checkEncodings(list(text)) },
    processes: { value: 'N', help: 'fresh processes for each encoding (default 3)', parse: positive },
    bursts: { value: 'N', help: 'bursts of 0.1 ms in each process; the least counts (default 60)', parse: positive },
    json: { value: 'FILE', help: 'write the rows to FILE' },
  },
});

try {
  const rows = measureStrings({
    processes: options.processes ?? 3,
    encodings: options.encodings ?? textEncodings,
    bursts: options.bursts ?? 60,
    progress: showProgress,
  });
  showProgress('');
  console.log(`Node ${process.versions.node}, V8 ${process.versions.v8}\n\n${stringTable(rows)}`);
  if (options.json) writeFileSync(options.json, `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
} catch (error) {
  showProgress('');
  console.error(`bench: ${error.message}`);
  process.exit(1);
}

function checkEncodings(names) {
  for (const name of names) {
    if (!textEncodings.includes(name)) throw new RangeError(`no encoding '${name}'; there are ${textEncodings.join(' ')}`);
  }
  return names;
}

// On a terminal one line that is overwritten; nothing in a log.
function showProgress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
