// Purpose: the state of an instance that does not lie in the heap's memory: globals, tables, other memories.
//          What can be reached from outside is read from the old instance, and put into the new one.
// Floor:   door js.

import { makeError } from '../errors.js';
import { isMemory } from '../instance.js';
import type { Lineage } from './lineage.js';

/** What an instance exports and imports, by names that are unique. */
export type Things = Readonly<Record<string, unknown>>;

type Entries = unknown[];

const tagOf = (value: unknown): string => Object.prototype.toString.call(value);
const isGlobal = (value: unknown): value is WebAssembly.Global => tagOf(value) === '[object WebAssembly.Global]';
const isTable = (value: unknown): value is WebAssembly.Table => tagOf(value) === '[object WebAssembly.Table]';

/** The exports of an instance, given it or them; `undefined` for anything else. */
export function exportsOf(value: unknown): Things | undefined {
  if (tagOf(value) === '[object WebAssembly.Instance]') return (value as WebAssembly.Instance).exports;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== null) return undefined;
  return Object.isFrozen(value) ? (value as Things) : undefined;
}

/** What the tables of an instance hold. */
export class TableContents {
  readonly #entries = new Map<string, Entries>();

  /** @param others what is left out: it was there before */
  constructor(things: Things, others?: TableContents) {
    for (const [name, thing] of Object.entries(things)) {
      if (!isTable(thing)) continue;
      const before = others?.get(name) ?? [];
      this.#entries.set(
        name,
        entriesOf(thing).map((entry, i) => (entry === before[i] ? null : entry)),
      );
    }
  }

  get(name: string): Entries {
    return this.#entries.get(name) ?? [];
  }

  get names(): Iterable<string> {
    return this.#entries.keys();
  }
}

/** The state of an instance that is about to be replaced. */
export class InstanceState {
  readonly #things: Things;
  /** What its tables held when it was new. */
  readonly #first: TableContents;
  readonly #tables: TableContents;
  readonly #globals = new Map<string, unknown>();
  readonly #memories = new Map<string, WebAssembly.Memory>();

  /**
   * @param first what its tables held when it was new
   * @param heapMemory the memory that the heap has left, which it moves itself
   */
  constructor(things: Things, first: TableContents, heapMemory: WebAssembly.Memory) {
    this.#things = things;
    this.#first = first;
    this.#tables = new TableContents(things);
    for (const [name, thing] of Object.entries(things)) {
      if (isGlobal(thing)) {
        try {
          this.#globals.set(name, thing.value);
        } catch {
          // of a type that JavaScript cannot read (v128)
        }
      } else if (isMemory(thing) && thing !== heapMemory) this.#memories.set(name, thing);
    }
  }

  /**
   * Puts it into the instance that has taken the old one's place.
   *
   * @param heapMemory the memory that the heap is in now
   * @returns replaces what is still of instances that have been replaced since
   */
  restore(
    operation: string,
    things: Things,
    first: TableContents,
    heapMemory: WebAssembly.Memory,
    lineage: Lineage,
  ): () => void {
    for (const [name, old] of Object.entries(this.#things)) {
      if (Object.hasOwn(things, name)) lineage.succeed(old, things[name]);
    }
    for (const name of first.names) learn(this.#first.get(name), first.get(name), lineage);
    for (const [name, old] of this.#memories) {
      const memory = things[name];
      if (isMemory(memory) && memory !== old && memory !== heapMemory) copyMemory(operation, name, old, memory);
    }
    for (const [name, value] of this.#globals) {
      const global = things[name];
      if (isGlobal(global)) setGlobal(global, lineage.current(value));
    }
    for (const name of this.#tables.names) {
      const table = things[name];
      if (isTable(table)) setEntries(operation, name, table, this.#tables.get(name), lineage);
    }
    return () => {
      for (const thing of Object.values(things)) {
        if (isTable(thing)) setEntries(operation, '', thing, entriesOf(thing), lineage);
        else if (isGlobal(thing)) relinkGlobal(thing, lineage);
      }
    };
  }
}

function entriesOf(table: WebAssembly.Table): Entries {
  const entries: Entries = [];
  try {
    for (let i = 0; i < table.length; i++) entries.push(table.get(i));
  } catch {
    return []; // of a type that JavaScript cannot read
  }
  return entries;
}

/**
 * Functions of an instance that it does not export, but that stood in its tables from the beginning. The
 * name of a function is its number in its module, so that the same names are the same functions.
 */
function learn(old: Entries, next: Entries, lineage: Lineage): void {
  for (const [i, before] of old.entries()) {
    const after = next[i];
    if (typeof before !== 'function' || typeof after !== 'function' || before.name !== after.name) continue;
    if (lineage.current(before) === before) lineage.succeed(before, after);
  }
}

function setGlobal(global: WebAssembly.Global, value: unknown): void {
  try {
    global.value = value as never;
  } catch {
    // It never changes: the new one has what the old one had.
  }
}

function relinkGlobal(global: WebAssembly.Global, lineage: Lineage): void {
  let value: unknown;
  try {
    ({ value } = global);
  } catch {
    return;
  }
  const current = lineage.current(value);
  if (current !== value) setGlobal(global, current);
}

function setEntries(
  operation: string,
  name: string,
  table: WebAssembly.Table,
  entries: Entries,
  lineage: Lineage,
): void {
  try {
    if (table.length < entries.length) table.grow(entries.length - table.length);
  } catch (cause) {
    const detail = `the table ${name} cannot have ${entries.length} entries`;
    throw makeError('out_of_memory', operation, detail, undefined, { cause });
  }
  for (const [i, entry] of entries.entries()) {
    const current = lineage.current(entry);
    if (table.get(i) !== current) table.set(i, current as never);
  }
}

function copyMemory(operation: string, name: string, from: WebAssembly.Memory, to: WebAssembly.Memory): void {
  const missing = from.buffer.byteLength - to.buffer.byteLength;
  try {
    if (missing > 0) to.grow(missing / 65536);
  } catch (cause) {
    const detail = `the memory ${name} cannot grow by ${missing} bytes`;
    throw makeError('out_of_memory', operation, detail, undefined, { cause });
  }
  new Uint8Array(to.buffer).set(new Uint8Array(from.buffer));
}
