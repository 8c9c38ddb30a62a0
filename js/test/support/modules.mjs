// Builds small WebAssembly modules from a description of their parts, ordinary and position-independent ones.
// Beside each use stands what it would be as text (wat).

const utf8 = new TextEncoder();

/** Unsigned LEB128. */
export function unsigned(number) {
  const bytes = [];
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

/** Signed LEB128, of 32 bits. */
export function signed(number) {
  const bytes = [];
  let rest = number | 0;
  for (;;) {
    const byte = rest & 127;
    rest >>= 7;
    if ((rest === 0 && byte < 64) || (rest === -1 && byte >= 64)) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}

export const text = (name) => sized([...utf8.encode(name)]);
export const sized = (bytes) => [...unsigned(bytes.length), ...bytes];
export const vector = (entries) => [...unsigned(entries.length), ...entries.flat()];
export const section = (id, content) => [id, ...sized(content)];
export const custom = (name, content) => section(0, [...text(name), ...content]);

export const i32 = 0x7f;
export const i64 = 0x7e;
const kindNumbers = { function: 0, table: 1, memory: 2, global: 3, tag: 4 };

/** Instructions, as far as the tests use them. */
export const op = {
  end: 0x0b,
  unreachable: 0x00,
  call: (index) => [0x10, ...unsigned(index)],
  callIndirect: (type) => [0x11, ...unsigned(type), 0x00],
  get: (local) => [0x20, local],
  globalGet: (index) => [0x23, ...unsigned(index)],
  globalSet: (index) => [0x24, ...unsigned(index)],
  i32: (number) => [0x41, ...signed(number)],
  load: [0x28, 0x02, 0x00],
  store: [0x36, 0x02, 0x00],
  add: 0x6a,
  sub: 0x6b,
  drop: 0x1a,
};

function limits({ minimum = 0, maximum, shared = false, wide = false }) {
  const flags = (maximum === undefined ? 0 : 1) | (shared ? 2 : 0) | (wide ? 4 : 0);
  return [flags, ...unsigned(minimum), ...(maximum === undefined ? [] : unsigned(maximum))];
}

function importEntry({ module = 'env', name, kind, ...rest }) {
  const description = {
    function: () => unsigned(rest.type ?? 0),
    table: () => [0x70, ...limits(rest)],
    memory: () => limits(rest),
    global: () => [rest.type ?? i32, rest.mutable ? 1 : 0],
    tag: () => [0, ...unsigned(rest.type ?? 0)],
  }[kind]();
  return [...text(module), ...text(name), kindNumbers[kind], ...description];
}

/** An offset: a number, or instructions. */
const expression = (offset) => [...(typeof offset === 'number' ? op.i32(offset) : offset), op.end];

function dylinkSection({ size = 0, alignment = 0, tableSize = 0, tableAlignment = 0, needed, weak, threadLocal }) {
  const part = (type, content) => [type, ...sized(content)];
  return custom('dylink.0', [
    ...part(1, [size, alignment, tableSize, tableAlignment].flatMap(unsigned)),
    ...(needed ? part(2, vector(needed.map(text))) : []),
    ...(threadLocal ? part(3, vector(threadLocal.map((name) => [...text(name), ...unsigned(0x100)]))) : []),
    ...(weak ? part(4, vector(weak.map((name) => [...text('env'), ...text(name), 0x11]))) : []),
  ]);
}

function nameSection({ module, functions = {}, globals = {} }) {
  const map = (names) => vector(Object.entries(names).map(([name, index]) => [...unsigned(index), ...text(name)]));
  const part = (type, content) => [type, ...sized(content)];
  return custom('name', [
    ...(module === undefined ? [] : part(0, text(module))),
    ...(Object.keys(functions).length > 0 ? part(1, map(functions)) : []),
    ...(Object.keys(globals).length > 0 ? part(7, map(globals)) : []),
  ]);
}

/**
 * A module's bytes.
 *
 * types: [[parameters, results]…]; imports: {module = 'env', name, kind, …}; functions: {type, body, locals}; tables: {minimum};
 * globals: {mutable, value}; exports: {name: [kind, index]}; elements: {offset, functions};
 * data: {offset, bytes, memory} or {bytes} (passive); dylink; names; extra: sections put at the end.
 */
export function build({
  dylink,
  types = [[[], []]],
  imports = [],
  functions = [],
  tables = [],
  memory,
  globals = [],
  exports = {},
  start,
  elements = [],
  data = [],
  names,
  extra = [],
}) {
  const some = (entries, id, content) => (entries.length === 0 ? [] : section(id, vector(content)));
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...(dylink ? dylinkSection(dylink) : []),
    ...section(1, vector(types.map(([from, to]) => [0x60, ...sized(from), ...sized(to)]))),
    ...some(imports, 2, imports.map(importEntry)),
    ...some(functions, 3, functions.map(({ type = 0 }) => unsigned(type))),
    ...some(tables, 4, tables.map((table) => [0x70, ...limits(table)])),
    ...(memory ? section(5, vector([limits(memory)])) : []),
    ...some(globals, 6, globals.map(({ mutable, value }) => [i32, mutable ? 1 : 0, ...expression(value)])),
    ...some(
      Object.keys(exports), 7,
      Object.entries(exports).map(([name, [kind, index]]) => [...text(name), kindNumbers[kind], ...unsigned(index)]),
    ),
    ...(start === undefined ? [] : section(8, unsigned(start))),
    ...some(elements, 9, elements.map(({ offset, functions: list }) => [0, ...expression(offset), ...vector(list.map(unsigned))])),
    ...some(functions, 10, functions.map(({ body = [], locals = 0 }) => {
      return sized([...(locals === 0 ? [0] : [1, locals, i32]), ...body.flat(), op.end]);
    })),
    ...some(data, 11, data.map(({ offset, bytes, memory: index = 0 }) => [
      ...(offset === undefined ? [1] : index === 0 ? [0, ...expression(offset)] : [2, index, ...expression(offset)]),
      ...sized([...bytes]),
    ])),
    ...(names ? nameSection(names) : []),
    ...extra.flat(),
  ]);
}

/** `(import "env" "memory" (memory minimum))` */
export const memoryImport = (minimum = 0, rest = {}) => ({ kind: 'memory', name: 'memory', minimum, ...rest });

/** (module $name (import "env" "memory" (memory 0)) (data (i32.const offset) "…")…) */
export function dataModule(name, data, rest = {}) {
  return build({
    imports: [memoryImport(rest.minimum ?? 0, rest.memory)],
    data: Object.entries(data).map(([offset, bytes]) => ({ offset: Number(offset), bytes: bytesOf(bytes) })),
    names: name === undefined ? undefined : { module: name },
    ...rest.parts,
  });
}

export const bytesOf = (value) => (typeof value === 'string' ? utf8.encode(value) : value);

/** The globals and the rest that a position-independent module imports, in an order that `globalAt` knows. */
export const placeImports = [
  memoryImport(),
  { kind: 'table', name: '__indirect_function_table' },
  { kind: 'global', name: '__stack_pointer', mutable: true },
  { kind: 'global', name: '__memory_base' },
  { kind: 'global', name: '__table_base' },
];
export const globalAt = { stackPointer: 0, memoryBase: 1, tableBase: 2, first: 3 };
export const gotImport = (space, name) => ({ module: `GOT.${space}`, name, kind: 'global', mutable: true });
