// Purpose: puts the core over a memory: instantiates the module with the imports that it wants.
// Floor:   door js.

import { wrongType } from './arguments.js';
import { makeError } from './errors.js';
import type { HeapExports } from './generated/exports.js';
import type { ImagePlace } from './module.js';

/** Any memory, of any realm. Whether its addresses have 32 bits is found out by linking. */
export function requireMemory(operation: string, memory: unknown): WebAssembly.Memory {
  if (isMemory(memory)) return memory;
  throw wrongType(operation, 'memory', memory, 'a WebAssembly.Memory');
}

/** Whether it is a memory, of any realm. */
export function isMemory(value: unknown): value is WebAssembly.Memory {
  // By its tag and not by instanceof: memories of another realm (an iframe, a vm context) will do.
  // A subclass may have a tag of its own, and is a memory all the same.
  return tagOf(value) === '[object WebAssembly.Memory]' || value instanceof WebAssembly.Memory;
}

/** Whether several agents can use a memory at once. */
export function isShared(memory: WebAssembly.Memory): boolean {
  return tagOf(memory.buffer) === '[object SharedArrayBuffer]';
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

/** Instantiates a compiled module over a memory. */
export function instantiateSync(
  operation: string,
  module: WebAssembly.Module,
  place: ImagePlace,
  memory: WebAssembly.Memory,
): HeapExports {
  try {
    const managed = { memory };
    return exportsOf(new WebAssembly.Instance(module, importsFor(place, managed)), managed);
  } catch (error) {
    throw linkError(error, operation);
  }
}

/** As {@link instantiateSync}, without holding up the thread. */
export async function instantiate(
  operation: string,
  module: WebAssembly.Module,
  place: ImagePlace,
  memory: WebAssembly.Memory,
): Promise<HeapExports> {
  try {
    const managed = { memory };
    return exportsOf(await WebAssembly.instantiate(module, importsFor(place, managed)), managed);
  } catch (error) {
    throw linkError(error, operation);
  }
}

/** The memory that a core manages; another one when the heap was moved. */
interface Managed {
  memory: WebAssembly.Memory;
}

const managedBy = /* @__PURE__ */ new WeakMap<HeapExports, Managed>();

function exportsOf(instance: WebAssembly.Instance, managed: Managed): HeapExports {
  // A test compares what the modules export with the table that this type is generated from.
  const core = instance.exports as unknown as HeapExports;
  managedBy.set(core, managed);
  return core;
}

/** A core with its image outside manages another memory from now on, which has the same bytes. */
export function manage(core: HeapExports, memory: WebAssembly.Memory): void {
  const managed = managedBy.get(core);
  if (managed !== undefined) managed.memory = memory;
}

function linkError(error: unknown, operation: string): unknown {
  // JavaScript cannot ask a memory for its address type everywhere; linking is what finds it out.
  if (!(error instanceof WebAssembly.LinkError)) return error;
  return makeError('unsupported_memory', operation, error.message, undefined, { cause: error });
}

function importsFor(place: ImagePlace, managed: Managed): WebAssembly.Imports {
  return { env: place === 'inside' ? { memory: managed.memory } : foreignMemory(managed) };
}

/**
 * What a core with its image outside needs of the memory that it manages. Addresses and lengths
 * arrive as signed 32-bit numbers.
 */
function foreignMemory(managed: Managed): WebAssembly.ModuleImports {
  const bytes = (): Uint8Array => new Uint8Array(managed.memory.buffer);
  return {
    foreign_bytes: (): number => managed.memory.buffer.byteLength,
    foreign_grow: (pages: number): number => {
      try {
        managed.memory.grow(pages >>> 0);
        return 1;
      } catch {
        // At its maximum, or the engine has no more to give: the core reports out of memory.
        return 0;
      }
    },
    foreign_fill: (address: number, length: number): void => {
      bytes().fill(0, address >>> 0, (address >>> 0) + (length >>> 0));
    },
    foreign_copy: (to: number, from: number, length: number): void => {
      bytes().copyWithin(to >>> 0, from >>> 0, (from >>> 0) + (length >>> 0));
    },
  };
}
