// The command line.

import { parseArgs } from 'node:util';

export const help = `usage: ./dev demo [OPTIONS]

SQLite, compiled to WebAssembly with allot's malloc, and JavaScript use one heap: to load 135,233 cities,
to query them, and to give everything back. Shows the results, pictures of the heap, what is still
allocated at the end (nothing), and the time and memory of the same work with wasi-libc's malloc.

  --runs N     how often each side of the comparison runs; 0 leaves it out (default 5)
  --rows N     load the first N cities only (at least 1)
  --leak       forget to free three blocks, to see how that is reported
  --width N    width of the output in characters, 60 or more (default: the terminal's)
  --help       this text

exit code: 0 all is well; 1 the heap is not as it must be, or blocks were left (as with --leak);
           2 wrong usage, or something could not be fetched or compiled
`;

export class UsageError extends Error {}

export function number(text, name, least) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least)
    throw new UsageError(`--${name} wants a number, ${least} or more`);
  return value;
}

export function parseOptions(args) {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        runs: { type: 'string', default: '5' },
        rows: { type: 'string' },
        width: { type: 'string' },
        leak: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error.message);
  }
  return {
    help: values.help,
    leak: values.leak,
    runs: number(values.runs, 'runs', 0),
    rows: values.rows === undefined ? Infinity : number(values.rows, 'rows', 1),
    width: values.width === undefined ? undefined : number(values.width, 'width', 60),
  };
}
