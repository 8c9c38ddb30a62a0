// Command line flags, for the tools of this folder.
//
// `flags` is a table: name → { value: 'N' or absent, help, parse }. A flag that is not in the table,
// or a value that does not parse, ends the program with status 2, before anything is built. With ALLOT_ARGUMENTS_ONLY
// in the environment the program ends here, whatever they are: ./dev bench asks so before it builds.

export function parseArguments(argv, { usage, flags }) {
  const values = {};
  for (let i = 0; i < argv.length; i++) {
    const [name, inline] = splitOnce(argv[i]);
    if (name === '--help' || name === '-h') {
      console.log(helpText(usage, flags));
      process.exit(0);
    }
    const flag = name.startsWith('--') ? flags[name.slice(2)] : undefined;
    if (!flag) fail(`unknown flag '${argv[i]}'`);
    if (!flag.value) {
      if (inline !== undefined) fail(`${name} takes no value`);
      values[name.slice(2)] = true;
      continue;
    }
    const text = inline ?? argv[++i];
    if (text === undefined || text === '' || text.startsWith('--'))
      fail(`${name} needs a value: ${flag.value}`);
    try {
      values[name.slice(2)] = flag.parse ? flag.parse(text) : text;
    } catch (error) {
      fail(`${name}: ${error.message}`);
    }
  }
  if (process.env.ALLOT_ARGUMENTS_ONLY) process.exit(0);
  return values;
}

/** 'a,b' → ['a', 'b'] */
export function list(text) {
  const words = text.split(',').filter((word) => word !== '');
  if (words.length === 0) throw new RangeError('nothing is named');
  return words;
}

export function positive(text) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new RangeError(`'${text}' is not a positive integer`);
  return number;
}

function splitOnce(text) {
  const at = text.startsWith('--') ? text.indexOf('=') : -1;
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function helpText(usage, flags) {
  const lines = Object.entries(flags).map(([name, flag]) => [
    `  --${name}${flag.value ? ` ${flag.value}` : ''}`,
    flag.help,
  ]);
  const width = Math.max(...lines.map(([left]) => left.length));
  return [usage, '', ...lines.map(([left, right]) => `${left.padEnd(width)}  ${right}`)].join('\n');
}

function fail(message) {
  console.error(`${message}; see --help`);
  process.exit(2);
}
