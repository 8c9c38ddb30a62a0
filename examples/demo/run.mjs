#!/usr/bin/env node
// The demo. `./dev demo` runs it; --help tells the options. The steps, in order, are files of steps/.

import '../../tools/closed-pipe.mjs';
import { help, parseOptions, UsageError } from './lib/options.mjs';
import { Terminal } from './lib/terminal.mjs';
import { SetupError } from './lib/tools.mjs';
import { account } from './steps/account.mjs';
import { comparison } from './steps/comparison.mjs';
import { prepare } from './steps/prepare.mjs';
import { start } from './steps/start.mjs';
import { work } from './steps/work.mjs';

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const terminal = new Terminal(process.stdout, options);
  const context = { terminal, options };
  await prepare(context);
  await start(context);
  work(context);
  const sound = account(context);
  if (options.runs > 0) await comparison(context);
  terminal.line();
  return sound ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\nTry --help.`);
  else if (error instanceof SetupError) console.error(error.message);
  else console.error(error);
  process.exitCode = error instanceof UsageError || error instanceof SetupError ? 2 : 1;
}
