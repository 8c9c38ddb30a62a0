// Purpose: what both kinds of modules need to know about the room that they ask for.
// Floor:   door js.

import type { Binary } from './binary.js';
import { evaluate } from './expression.js';
import type { GlobalValues, MemoryRange } from './footprint.js';
import type { Links } from './link.js';
import type { ModuleStack } from './loaded-module.js';
import type { Prepared } from './prepared.js';
import type { Scope } from './scope.js';

/** Where a module is. */
export interface Room {
  readonly memoryBase: number;
  readonly memoryByteLength: number;
  readonly tableBase: number;
  readonly tableLength: number;
  readonly stack: ModuleStack | undefined;
  readonly ranges: readonly MemoryRange[];
  /** The slots of its functions, by their numbers; `undefined` where its bytes are not known. */
  readonly slots: ReadonlyMap<number, number> | undefined;
}

/** Where a module's segments put its functions in the table that is its first. */
export function slotsOf({ elements }: Binary, globals: GlobalValues): Map<number, number> {
  const slots = new Map<number, number>();
  for (const { index, offset, functions } of elements) {
    const begin = index === 0 ? evaluate(offset, (global) => globals[global]) : undefined;
    if (begin === undefined) continue;
    for (const [at, wasmFunction] of functions.entries()) {
      if (wasmFunction !== undefined && !slots.has(wasmFunction)) slots.set(wasmFunction, begin + at);
    }
  }
  return slots;
}

/** The bytes that the heap's memory must have at least for a module to be instantiated. */
export function minimumBytesOf({ binary }: Prepared, { heapMemories }: Links): number {
  const memories = binary?.imports.filter(({ kind }) => kind === 'memory') ?? [];
  const minima = heapMemories.map((index) => {
    const { minimum = 0, pageByteLength = 0 } = memories[index]?.limits ?? {};
    return minimum * pageByteLength;
  });
  return Math.max(0, ...minima);
}

/** Makes the shared table as long as a module wants it. */
export function requireTable(scope: Scope, operation: string, { imports }: Binary): void {
  for (const { kind, limits } of imports) {
    if (kind === 'table' && limits !== undefined) scope.table.require(operation, limits.minimum);
  }
}

/** What the globals that a module imports hold, in their order. */
export function importedGlobals({ module }: Prepared, { imports }: Links): GlobalValues {
  const globals = WebAssembly.Module.imports(module).filter(({ kind }) => kind === 'global');
  return globals.map(({ module: from, name }) => {
    const given: unknown = imports[from]?.[name];
    const value = typeof given === 'number' ? given : valueOf(given);
    return typeof value === 'number' && Number.isInteger(value) ? value >>> 0 : undefined;
  });
}

function valueOf(global: unknown): unknown {
  try {
    return (global as WebAssembly.Global).value;
  } catch {
    return undefined; // of a type that JavaScript cannot read
  }
}
