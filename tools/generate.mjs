#!/usr/bin/env node
// Makes everything that follows from the project's tables, so that no list is kept twice:
//
//   core/allot/base/errors.def, js/src/errors.def  →  js/src/generated/errors.ts, docs/errors.md
//   host/include/allot/host/errors.def             →  docs/errors.md
//   core/allot/base/invariants.def                 →  js/src/generated/invariants.ts, docs/invariants.md
//   core/allot/base/statistics.def                 →  js/src/generated/statistics.ts
//   core/allot/image/words.def                     →  js/src/generated/image-words.ts
//   abi/exports.def, abi/shared-exports.def        →  js/src/generated/exports.ts
//   js/src/elements.def                            →  js/src/generated/numbers.ts, elements.ts
//                                                  →  js/src/compat/generated/wasm-heap-manager-*.ts
//                                                  →  js/src/generated/accessors.ts, short-texts.ts, modules.d.ts
//
//   tools/generate.mjs            writes the files (they are committed)
//   tools/generate.mjs --check    writes nothing; exits 1 when a file is stale

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { readEntries, requireDistinct } from './definitions.mjs';
import { accessorsModule } from './generate/accessors.mjs';
import { elementsFrom, elementsModule, numbersModule } from './generate/elements.mjs';
import { shortTextsModule } from './generate/short-texts.mjs';
import { wasmHeapManagerModules } from './generate/wasm-heap-manager.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tables = {
  coreErrors: 'core/allot/base/errors.def',
  scriptErrors: 'js/src/errors.def',
  hostErrors: 'host/include/allot/host/errors.def',
  invariants: 'core/allot/base/invariants.def',
  statistics: 'core/allot/base/statistics.def',
  imageWords: 'core/allot/image/words.def',
  exports: 'abi/exports.def',
  sharedExports: 'abi/shared-exports.def',
  elements: 'js/src/elements.def',
};
const errorClasses = ['HeapError', 'RangeError', 'TypeError'];

function readTable(name, macro, fields, ...distinct) {
  const file = join(root, tables[name]);
  const entries = readEntries(file, macro, fields);
  for (const field of distinct) requireDistinct(file, entries, field);
  return entries;
}

function readErrors() {
  const core = readTable('coreErrors', 'ALLOT_ERROR', 4, 0, 1).map(([number, code, kind, text]) => ({
    number: Number(number),
    code,
    kind,
    text,
  }));
  const script = readTable('scriptErrors', 'ALLOT_SCRIPT_ERROR', 3, 0).map(([code, kind, text]) => ({
    code,
    kind,
    text,
  }));
  const codes = new Set();
  for (const { code, kind } of [...core, ...script]) {
    if (!errorClasses.includes(kind)) throw new Error(`error ${code}: unknown class ${kind}`);
    if (codes.has(code)) throw new Error(`error ${code} occurs in both tables`);
    codes.add(code);
  }
  const host = readTable('hostErrors', 'ALLOT_HOST_ERROR', 3, 0, 1).map(([number, code, text]) => ({
    number: Number(number),
    code,
    text,
  }));
  // One enum for both; what JavaScript meets by the same name is another error of another language.
  for (const { number, code } of host) {
    if (core.some((error) => error.number === number || error.code === code)) {
      throw new Error(`error ${number} ${code} of the host is one of the core, too`);
    }
  }
  return { core, script, host };
}

/** A TypeScript string literal, in the quotes that need no escape where there are such. */
const quoted = (text) => (/['\\\n]/.test(text) ? JSON.stringify(text) : `'${text}'`);

function union(names) {
  return names.length === 0 ? ' never' : names.map((name) => `\n  | ${quoted(name)}`).join('');
}

const header = (...sources) =>
  `// Made by tools/generate.mjs from ${sources.join(' and ')}. Do not edit.\n`;

function errorsModule({ core, script }) {
  const all = [...core, ...script];
  const codesOf = (kind) => union(all.filter((error) => error.kind === kind).map(({ code }) => code));
  const row = ({ code, kind, text }) =>
    `  ${code}: { kind: ${quoted(kind)}, text: ${quoted(text)} },`;
  return `${header(tables.coreErrors, tables.scriptErrors)}
/** The codes of a {@link HeapError}: a misuse of the heap, or a damaged one. */
export type HeapErrorCode =${codesOf('HeapError')};

/** The codes of the \`RangeError\`s that this package throws. */
export type RangeErrorCode =${codesOf('RangeError')};

/** The codes of the \`TypeError\`s that this package throws. */
export type TypeErrorCode =${codesOf('TypeError')};

/** The codes of errors that the core reports by number. */
export type CoreErrorCode =${union(core.map(({ code }) => code))};

/** For each code the class that is thrown and what it means. */
export const errorTable = {
${all.map(row).join('\n')}
} as const;

/** The number of each error of the core. */
export const coreErrorNumbers = {
${core.map(({ number, code }) => `  ${code}: ${number},`).join('\n')}
} as const;

/** The code of each error number of the core. */
export const coreErrorCodes: Readonly<Record<number, CoreErrorCode>> = {
${core.map(({ number, code }) => `  ${number}: ${quoted(code)},`).join('\n')}
};
`;
}

function errorsDocument({ core, script, host }) {
  const line = (error) =>
    `| ${error.number === undefined ? '' : `${error.number} | `}\`${error.code}\` | \`${error.kind}\` | ${error.text} |`;
  const sources = [tables.coreErrors, tables.hostErrors, tables.scriptErrors];
  return `<!-- Made by tools/generate.mjs from ${sources.join(', ')}. Do not edit. -->

# Errors

Every error has a stable code. JavaScript finds it in \`error.code\`; C++ in \`allot::Error\`; a wasm module
returns its number. A failed operation changes nothing. A \`HeapError\` also has \`error.address\`, the
address that the caller gave, where there is one. What a guest was refused before it trapped tell
\`heap.guestError\` and \`allot inspect\`.

## Errors of the heap itself

| number | code | class in JavaScript | what happened, and the rule |
|-------:|------|---------------------|-----------------------------|
${core.map(line).join('\n')}

## Errors that only the C++ host library meets

Values of the same enum: \`allot::host_error::out_of_bounds\`.

| number | code | what happened, and the rule |
|-------:|------|-----------------------------|
${host.map(({ number, code, text }) => `| ${number} | \`${code}\` | ${text} |`).join('\n')}

## Errors that only JavaScript meets

These arguments are refused before the heap sees them.

| code | class in JavaScript | what happened, and the rule |
|------|---------------------|-----------------------------|
${script.map(line).join('\n')}
`;
}

const readInvariants = () => readTable('invariants', 'ALLOT_INVARIANT', 2, 0);

function invariantsModule() {
  return `${header(tables.invariants)}
/** What must hold in every heap, by the number that the core reports when it does not. */
export const invariants: Readonly<Record<number, string>> = {
${readInvariants()
  .map(([number, text]) => `  ${number}: ${quoted(text)},`)
  .join('\n')}
};
`;
}

function invariantsDocument() {
  return `<!-- Made by tools/generate.mjs from ${tables.invariants}. Do not edit. -->

# Invariants

What \`validate()\` checks, in this order, in C++ (\`Violation::number\`) and JavaScript (\`corrupt_image\`). The words
are those of [the image's format](heap-image.md).

| number | what must hold |
|-------:|----------------|
${readInvariants()
  .map(([number, text]) => `| ${number} | ${text} |`)
  .join('\n')}
`;
}

function statisticsModule() {
  const entries = readTable('statistics', 'ALLOT_STATISTIC', 5, 0, 1, 2);
  const costs = { O1: 'Read at once.', WALK: 'Found by walking the heap.' };
  for (const [, name, , cost] of entries) {
    if (!(cost in costs)) throw new Error(`statistic ${name}: unknown cost ${cost}`);
  }
  const member = ([, , name, cost, text]) =>
    `  /** ${text[0].toUpperCase()}${text.slice(1)}. ${costs[cost]} */\n  readonly ${name}: number;`;
  return `${header(tables.statistics)}
/** The figures of a heap, as {@link Heap.stats} gives them. */
export interface HeapStatistics {
${entries.map(member).join('\n')}
}

/** The number by which the core knows each figure. */
export const statisticNumbers = {
${entries.map(([number, , name]) => `  ${name}: ${number},`).join('\n')}
} as const satisfies Readonly<Record<keyof HeapStatistics, number>>;
`;
}

function imageWordsModule() {
  const member = ([name, bytes, text]) => `  /** ${text}. */\n  ${name}: ${Number(bytes)},`;
  return `${header(tables.imageWords)}
/** Where an image has fields that are not the core's alone: bytes from its beginning. */
export const imageWords = {
${readTable('imageWords', 'ALLOT_IMAGE_WORD', 3, 0, 1).map(member).join('\n')}
} as const;
`;
}

function exportsModule() {
  const entries = readTable('exports', 'ALLOT_EXPORT', 3, 1);
  const sharedEntries = readTable('sharedExports', 'ALLOT_EXPORT', 3, 1);
  // On wasm32 every parameter and result is an i32 or an f64, which JavaScript sees as numbers.
  const results = new Set(['void', 'double', 'uint32_t', 'allot_result', 'allot_status']);
  const member = ([result, name, parameters]) => {
    if (!results.has(result)) throw new Error(`export ${name}: unknown result type ${result}`);
    const list = parameters.slice(1, -1).trim();
    const names = list === 'void' ? [] : list.split(',').map((part) => part.trim().split(/\s+/).at(-1));
    const typed = names.map((parameter) => `${parameter}: number`).join(', ');
    return `  ${name}(${typed}): ${result === 'void' ? 'void' : 'number'};`;
  };
  return `${header(tables.exports, tables.sharedExports)}
/**
 * What a wasm32 build of the heap exports. Results that C declares unsigned arrive here as signed
 * numbers: \`>>> 0\` them.
 */
export interface HeapExports {
${entries.map(member).join('\n')}
}

/** What the build for shared heaps exports besides. */
export interface SharedHeapExports extends HeapExports {
${sharedEntries.map(member).join('\n')}
}
`;
}

/**
 * What the compiler takes for the embedded modules until a build has made modules.ts, which then
 * comes first: so types can be checked without building any wasm.
 */
function modulesDeclaration() {
  return `// Made by tools/generate.mjs. Do not edit. Stands in for modules.ts, which tools/embed.mjs makes.

export declare const alphabet: string;
export declare const inside: string;
export declare const outside: string;
export declare const shared: string;
`;
}

const errors = readErrors();
const elements = elementsFrom(readTable('elements', 'ALLOT_ELEMENT', 8, 0));
const outputs = {
  'js/src/generated/errors.ts': errorsModule(errors),
  'js/src/generated/statistics.ts': statisticsModule(),
  'js/src/generated/invariants.ts': invariantsModule(),
  'js/src/generated/image-words.ts': imageWordsModule(),
  'js/src/generated/exports.ts': exportsModule(),
  'js/src/generated/numbers.ts': numbersModule(elements),
  'js/src/generated/accessors.ts': accessorsModule(elements),
  'js/src/generated/elements.ts': elementsModule(elements),
  ...wasmHeapManagerModules(elements),
  'js/src/generated/short-texts.ts': shortTextsModule(),
  'js/src/generated/modules.d.ts': modulesDeclaration(),
  'docs/errors.md': errorsDocument(errors),
  'docs/invariants.md': invariantsDocument(),
};

const check = process.argv.includes('--check');
let stale = 0;
for (const [name, text] of Object.entries(outputs)) {
  const file = join(root, name);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  stale++;
  if (check) console.error(`${name} is stale: run tools/generate.mjs and commit the result`);
  else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${name}`);
  }
}
process.exitCode = check && stale > 0 ? 1 : 0;
