// Purpose: makes a module's state reachable: another module, the same but that it also exports its mutable
//          globals, its tables, its memories, and the functions that stand in tables. And one that begins with
//          that state given to it: without data segments and start function.
// Floor:   door js.
// Source:  WebAssembly Core Specification 3.0, section 5.5 (binary format of modules).

import { sized, unsigned } from '../modules/assemble.js';
import { readBinary, type Kind } from '../modules/binary.js';
import { readExpression } from '../modules/expression.js';
import { Reader } from '../modules/reader.js';

/** The bytes of a module's two forms. */
export interface ReachableModule {
  /** To begin with. */
  readonly first: Uint8Array<ArrayBuffer>;
  /** To go on with, over a memory that has its data already; the same where that makes no difference. */
  readonly again: Uint8Array<ArrayBuffer>;
  /** What the names begin with that the module has not got itself. */
  readonly prefix: string;
  /** How many pages the memory must have that it imports. */
  readonly leastPages: number;
}

interface Section {
  readonly id: number;
  /** All of it, with what stands before its content. */
  readonly whole: Uint8Array;
  readonly content: Uint8Array;
}

const kindNumbers: Readonly<Record<Kind, number>> = { function: 0, table: 1, memory: 2, global: 3, tag: 4 };
const [tableSection, exportSection, startSection, elementSection, dataSection] = [4, 7, 8, 9, 11];
/** The sections that stand behind the exports: start, elements, how many data, code, data. */
const afterExports = new Set([startSection, elementSection, 12, 10, dataSection]);
/** Engines allow a million exports; a table that long is copied by its first contents. */
const mostFunctions = 50_000;

/** Rewrites a module; gives `undefined` for one that this version cannot read as far as it must. */
export function reachable(operation: string, bytes: Uint8Array<ArrayBuffer>): ReachableModule | undefined {
  try {
    return rewritten(operation, bytes);
  } catch {
    // Whether it is a module at all, the engine says; if it is, it has what a later WebAssembly brought.
    return undefined;
  }
}

function rewritten(operation: string, bytes: Uint8Array<ArrayBuffer>): ReachableModule {
  const binary = readBinary(operation, bytes);
  const sections = sectionsOf(operation, bytes);
  const part = (id: number): Reader | undefined => {
    const section = sections.find((each) => each.id === id);
    return section === undefined ? undefined : new Reader(section.content, operation, `section ${id}`);
  };
  const names = exportNames(part(exportSection));
  let prefix = 'allot:';
  while (names.some((name) => name.startsWith(prefix))) prefix += ':';

  const entries: number[][] = [];
  const add = (kind: Kind, index: number): void => {
    entries.push([...nameBytes(`${prefix}${kind}${index}`), kindNumbers[kind], ...unsigned(index)]);
  };
  const imported = (kind: Kind): number => binary.imports.filter((each) => each.kind === kind).length;
  binary.globals.forEach(({ isMutable }, index) => {
    if (isMutable && index >= imported('global')) add('global', index);
  });
  const ownTables = part(tableSection)?.u32() ?? 0;
  for (let i = 0; i < ownTables; i++) add('table', imported('table') + i);
  for (let i = imported('memory'); i < binary.memories; i++) add('memory', i);
  const functions = functionsIn(part(elementSection));
  if (functions.size <= mostFunctions) for (const index of functions) add('function', index);

  const withExports = exporting(sections, names.length, entries);
  const minima = binary.imports.map(({ kind, limits }) => (kind === 'memory' ? (limits?.minimum ?? 0) : 0));
  const leastPages = Math.max(0, ...minima);
  const first = joined(bytes, withExports);
  const changes = sections.some(({ id }) => id === startSection || id === dataSection);
  if (!changes) return { first, again: first, prefix, leastPages };
  const again = withExports
    .filter(({ id }) => id !== startSection)
    .map((section) => (section.id === dataSection ? withoutData(operation, section, imported('memory')) : section));
  return { first, again: joined(bytes, again), prefix, leastPages };
}

const preambleBytes = 8;

function sectionsOf(operation: string, bytes: Uint8Array): Section[] {
  const sections: Section[] = [];
  const reader = new Reader(bytes, operation, 'the module');
  reader.take(preambleBytes);
  while (!reader.isAtEnd) {
    const begin = bytes.length - reader.left;
    const id = reader.byte();
    const content = reader.take(reader.u32());
    sections.push({ id, content, whole: bytes.subarray(begin, bytes.length - reader.left) });
  }
  return sections;
}

function sectionOf(id: number, content: Uint8Array): Section {
  return { id, content, whole: concatenated([Uint8Array.of(id, ...unsigned(content.length)), content]) };
}

function joined(bytes: Uint8Array, sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  return concatenated([bytes.subarray(0, preambleBytes), ...sections.map(({ whole }) => whole)]);
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function nameBytes(name: string): number[] {
  return sized(Array.from(name, (letter) => letter.charCodeAt(0)));
}

function exportNames(reader: Reader | undefined): string[] {
  const names: string[] = [];
  for (let left = reader?.count() ?? 0; reader !== undefined && left > 0; left--) {
    names.push(reader.name());
    reader.byte();
    reader.u32();
  }
  return names;
}

/** The module with more exports. */
function exporting(sections: readonly Section[], have: number, entries: readonly number[][]): Section[] {
  if (entries.length === 0) return [...sections];
  const at = sections.findIndex(({ id }) => id === exportSection);
  const old = sections[at]?.content ?? Uint8Array.of(0);
  // Behind the number, which linkers write longer than it need be.
  const ownEntries = old.subarray(old.findIndex((byte) => byte < 128) + 1);
  const count = Uint8Array.from(unsigned(have + entries.length));
  const section = sectionOf(exportSection, concatenated([count, ownEntries, Uint8Array.from(entries.flat())]));
  if (at >= 0) return [...sections.slice(0, at), section, ...sections.slice(at + 1)];
  const behind = sections.findIndex(({ id }) => afterExports.has(id));
  const place = behind < 0 ? sections.length : behind;
  return [...sections.slice(0, place), section, ...sections.slice(place)];
}

/** The functions that may come to stand in a table: those of all segments of elements. */
function functionsIn(reader: Reader | undefined): Set<number> {
  const functions = new Set<number>();
  for (let left = reader?.count() ?? 0; reader !== undefined && left > 0; left--) {
    // Three bits: not active; with a number of a table, or declarative; expressions, not functions.
    const flags = reader.u32();
    const isActive = (flags & 1) === 0;
    if (isActive && (flags & 2) !== 0) reader.u32();
    if (isActive) readExpression(reader);
    const hasExpressions = (flags & 4) !== 0;
    if ((flags & 3) !== 0) {
      const type = reader.byte();
      if (hasExpressions && (type === 0x63 || type === 0x64)) reader.skipNumber();
    }
    for (let i = reader.count(); i > 0; i--) {
      if (!hasExpressions) functions.add(reader.u32());
      else for (const step of readExpression(reader)) if ('function' in step) functions.add(step.function as number);
    }
  }
  return functions;
}

/**
 * The data without what is put into imported memories, which have it already: such segments become empty, as
 * they are after that. A memory of the module's own is made anew, and begins as it did.
 */
function withoutData(operation: string, { content }: Section, importedMemories: number): Section {
  const reader = new Reader(content, operation, 'its data');
  const count = reader.count();
  const parts: Uint8Array[] = [Uint8Array.from(unsigned(count))];
  for (let left = count; left > 0; left--) {
    const begin = content.length - reader.left;
    const flags = reader.u32();
    const memory = flags === 2 ? reader.u32() : 0;
    if (flags !== 1) readExpression(reader);
    reader.take(reader.u32());
    const isDropped = flags !== 1 && memory < importedMemories;
    // A passive segment of no bytes.
    parts.push(isDropped ? Uint8Array.of(1, 0) : content.subarray(begin, content.length - reader.left));
  }
  return sectionOf(dataSection, concatenated(parts));
}

