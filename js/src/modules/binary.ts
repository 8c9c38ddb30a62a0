// Purpose: what a module's bytes tell and `WebAssembly.Module` does not: where its data go, what its globals
//          begin with, what it asks of the memory that it imports.
// Floor:   door js.
// Source:  WebAssembly Core Specification 3.0, section 5.5 (binary format of modules).
//
// The engine judges whether a module is valid; this reads no more of it than is needed, and passes over
// what a later WebAssembly may add, as long as it can tell where that ends.

import { makeError } from '../errors.js';
import { sized } from './assemble.js';
import { functionIn, readExpression, UnknownInstruction, type Expression } from './expression.js';
import { Reader } from './reader.js';

/** What a module asks of a memory or table that it imports, or says of one of its own. */
export interface Limits {
  readonly minimum: number;
  readonly maximum: number | undefined;
  readonly isWide: boolean;
  readonly pageByteLength: number;
}

/** The kinds of imports and exports, by the numbers that a module gives them. */
const kinds = ['function', 'table', 'memory', 'global', 'tag'] as const;
export type Kind = (typeof kinds)[number];

export interface BinaryImport {
  readonly module: string;
  readonly name: string;
  readonly kind: Kind;
  /** Of a memory or a table. */
  readonly limits?: Limits;
  /** Of a function: the number of its type. */
  readonly type?: number;
}

/** The type of a function, as far as it needs to be known to hand its parameters on. */
export interface FunctionType {
  readonly parameters: number;
  /** As a module has it. */
  readonly bytes: Uint8Array;
}

/** A global, imported or not. */
export interface BinaryGlobal {
  readonly isInt32: boolean;
  readonly isMutable: boolean;
  /** What one of the module's own begins with. */
  readonly initial?: Expression;
}

/** A segment that is put into a memory or table when the module is instantiated. */
export interface Segment {
  /** Which memory or table. */
  readonly index: number;
  readonly offset: Expression;
  /** In bytes, or elements. */
  readonly length: number;
}

/** A segment of functions. */
export interface ElementSegment extends Segment {
  /** The numbers of the functions; `undefined` for an empty slot. */
  readonly functions: readonly (number | undefined)[];
}

/** A module, as far as it was read. */
export interface Binary {
  /** The types of functions by their numbers, up to the first of a kind that this version does not know. */
  readonly types: readonly FunctionType[];
  readonly imports: readonly BinaryImport[];
  /** How many memories it has, the imported ones first. */
  readonly memories: number;
  readonly globals: readonly BinaryGlobal[];
  /** The globals that it exports, by name: their numbers. */
  readonly exportedGlobals: ReadonlyMap<string, number>;
  readonly exportedFunctions: ReadonlyMap<string, number>;
  readonly data: readonly Segment[];
  readonly elements: readonly ElementSegment[];
  /** What the code section holds. */
  readonly code: Uint8Array | undefined;
  /** The custom sections, the first of each name. */
  readonly customs: ReadonlyMap<string, Uint8Array>;
}

type Draft = {
  -readonly [Key in keyof Binary]: Binary[Key] extends readonly (infer Item)[]
    ? Item[]
    : Binary[Key] extends ReadonlyMap<infer Name, infer Value>
      ? Map<Name, Value>
      : Binary[Key];
};

const sections = /* @__PURE__ */ new Map<number, { name: string; read: (reader: Reader, draft: Draft) => void }>([
  [1, { name: 'its types', read: readTypes }],
  [2, { name: 'its imports', read: readImports }],
  [5, { name: 'its memories', read: readMemories }],
  [6, { name: 'its globals', read: readGlobals }],
  [7, { name: 'its exports', read: readExports }],
  [9, { name: 'its elements', read: readElements }],
  [11, { name: 'its data', read: readData }],
]);

/**
 * Reads a module.
 *
 * @throws TypeError `invalid_module`
 */
export function readBinary(operation: string, bytes: Uint8Array): Binary {
  const reader = new Reader(bytes, operation, 'the module');
  // "\0asm" and version 1; a component has another version.
  const preamble = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  if (bytes.length < 8 || preamble.some((byte) => reader.byte() !== byte)) {
    throw makeError('invalid_module', operation, 'the bytes are not a WebAssembly module of version 1');
  }
  const draft: Draft = {
    types: [],
    imports: [],
    memories: 0,
    globals: [],
    exportedGlobals: new Map(),
    exportedFunctions: new Map(),
    data: [],
    elements: [],
    code: undefined,
    customs: new Map(),
  };
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const section = sections.get(id);
    const content = reader.sized(section?.name ?? `section ${id}`);
    if (id === 0) {
      const name = content.name();
      if (!draft.customs.has(name)) draft.customs.set(name, content.take(content.left));
    } else if (id === 10) draft.code = content.take(content.left);
    else if (section !== undefined) readSection(content, draft, section.read);
  }
  return draft;
}

function readSection(reader: Reader, draft: Draft, read: (reader: Reader, draft: Draft) => void): void {
  try {
    read(reader, draft);
  } catch (error) {
    if (!(error instanceof UnknownInstruction)) throw error;
    throw reader.error(`this version does not know the instruction ${error.message}`);
  }
  if (!reader.isAtEnd) throw reader.error(`${reader.left} bytes are too many`);
}

function readTypes(reader: Reader, draft: Draft): void {
  for (let left = reader.count(); left > 0; left--) {
    const type = readFunctionType(reader);
    if (type === undefined) {
      reader.take(reader.left);
      return;
    }
    draft.types.push(type);
  }
}

/** Gives `undefined` for what is no function of numbers and plain references. */
function readFunctionType(reader: Reader): FunctionType | undefined {
  const isPlain = (type: number): boolean => (type >= 0x7b && type <= 0x7f) || type === 0x70 || type === 0x6f;
  if (reader.byte() !== 0x60) return undefined;
  const parameters = reader.take(reader.count());
  const results = reader.take(reader.count());
  if (!parameters.every(isPlain) || !results.every(isPlain)) return undefined;
  const bytes = Uint8Array.of(0x60, ...sized(parameters), ...sized(results));
  return { parameters: parameters.length, bytes };
}

function readImports(reader: Reader, draft: Draft): void {
  for (let left = reader.count(); left > 0; left--) {
    const module = reader.name();
    const name = reader.name();
    const number = reader.byte();
    const kind = kinds[number];
    switch (kind) {
      case 'function':
        draft.imports.push({ module, name, kind, type: reader.u32() });
        break;
      case 'table':
        readValueType(reader);
        draft.imports.push({ module, name, kind, limits: readLimits(reader) });
        break;
      case 'memory':
        draft.imports.push({ module, name, kind, limits: readLimits(reader) });
        draft.memories++;
        break;
      case 'global':
        draft.globals.push(readGlobalType(reader));
        draft.imports.push({ module, name, kind });
        break;
      case 'tag':
        reader.byte();
        reader.u32();
        draft.imports.push({ module, name, kind });
        break;
      case undefined:
        throw reader.error(`this version does not know imports of kind ${number}`);
    }
  }
}

function readMemories(reader: Reader, draft: Draft): void {
  for (let left = reader.count(); left > 0; left--) {
    readLimits(reader);
    draft.memories++;
  }
}

function readGlobals(reader: Reader, draft: Draft): void {
  for (let left = reader.count(); left > 0; left--) {
    const type = readGlobalType(reader);
    try {
      draft.globals.push({ ...type, initial: readExpression(reader) });
    } catch (error) {
      if (!(error instanceof UnknownInstruction)) throw error;
      // Of this one and those behind it nothing is known; where it matters, it is asked for.
      reader.take(reader.left);
      return;
    }
  }
}

function readExports(reader: Reader, draft: Draft): void {
  for (let left = reader.count(); left > 0; left--) {
    const name = reader.name();
    const kind = kinds[reader.byte()];
    const index = reader.u32();
    if (kind === 'global') draft.exportedGlobals.set(name, index);
    else if (kind === 'function') draft.exportedFunctions.set(name, index);
  }
}

function readData(reader: Reader, draft: Draft): void {
  for (let left = reader.count(); left > 0; left--) {
    const flags = reader.u32();
    if (flags > 2) throw reader.error(`this version does not know data of kind ${flags}`);
    const index = flags === 2 ? reader.u32() : 0;
    const offset = flags === 1 ? undefined : readExpression(reader);
    const length = reader.u32();
    reader.take(length);
    if (offset !== undefined) draft.data.push({ index, offset, length });
  }
}

function readElements(reader: Reader, draft: Draft): void {
  for (let left = reader.count(); left > 0; left--) {
    // Three bits: not active; with a number of a table, or declarative; expressions, not functions.
    const flags = reader.u32();
    if (flags > 7) throw reader.error(`this version does not know elements of kind ${flags}`);
    const isActive = (flags & 1) === 0;
    const index = isActive && (flags & 2) !== 0 ? reader.u32() : 0;
    const offset = isActive ? readExpression(reader) : undefined;
    const hasExpressions = (flags & 4) !== 0;
    if ((flags & 3) !== 0) {
      if (hasExpressions) readValueType(reader);
      else reader.byte();
    }
    const length = reader.count();
    const functions: (number | undefined)[] = [];
    for (let i = 0; i < length; i++) {
      functions.push(hasExpressions ? functionIn(readExpression(reader)) : reader.u32());
    }
    if (offset !== undefined) draft.elements.push({ index, offset, length, functions });
  }
}

function readLimits(reader: Reader): Limits {
  const flags = reader.byte();
  if (flags > 15) throw reader.error(`this version does not know limits of kind ${flags}`);
  const isWide = (flags & 4) !== 0;
  const minimum = reader.u64();
  const maximum = (flags & 1) !== 0 ? reader.u64() : undefined;
  const pageByteLength = (flags & 8) !== 0 ? 2 ** reader.u32() : 65536;
  return { minimum, maximum, isWide, pageByteLength };
}

function readGlobalType(reader: Reader): BinaryGlobal {
  const isInt32 = readValueType(reader) === 0x7f;
  return { isInt32, isMutable: (reader.byte() & 1) !== 0 };
}

/** The byte of a type; those of references that name another type have that behind it. */
function readValueType(reader: Reader): number {
  const type = reader.byte();
  if (type === 0x63 || type === 0x64) reader.skipNumber();
  return type;
}
