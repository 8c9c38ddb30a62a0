// Purpose: puts the core over a memory: instantiates the module with the imports that it wants.
// Floor:   door js.

import { wrongType } from './arguments.js';
import { makeError } from './errors.js';
import type { HeapExports } from './generated/exports.js';
import type { ImagePlace } from './module.js';

/** The memories that this version manages: of 32-bit addresses, not shared. */
export function requireMemory(operation: string, memory: unknown): WebAssembly.Memory {
  // By its tag and not by instanceof: memories of another realm (an iframe, a vm context) will do.
  if (Object.prototype.toString.call(memory) !== '[object WebAssembly.Memory]') {
    throw wrongType(operation, 'memory', memory, 'a WebAssembly.Memory');
  }
  const { buffer } = memory as WebAssembly.Memory;
  if (Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]') {
    throw makeError('unsupported_shared', operation);
  }
  return memory as WebAssembly.Memory;
}

/** Instantiates a compiled module over a memory. */
export function instantiateSync(
  operation: string,
  module: WebAssembly.Module,
  place: ImagePlace,
  memory: WebAssembly.Memory,
): HeapExports {
  try {
    return exportsOf(new WebAssembly.Instance(module, importsFor(place, memory)));
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
    return exportsOf(await WebAssembly.instantiate(module, importsFor(place, memory)));
  } catch (error) {
    throw linkError(error, operation);
  }
}

function exportsOf(instance: WebAssembly.Instance): HeapExports {
  // A test compares what the modules export with the table that this type is generated from.
  return instance.exports as unknown as HeapExports;
}

function linkError(error: unknown, operation: string): unknown {
  // JavaScript cannot ask a memory for its address type everywhere; linking is what finds it out.
  if (!(error instanceof WebAssembly.LinkError)) return error;
  return makeError('unsupported_memory', operation, error.message, undefined, { cause: error });
}

function importsFor(place: ImagePlace, memory: WebAssembly.Memory): WebAssembly.Imports {
  return { env: place === 'inside' ? { memory } : foreignMemory(memory) };
}

/**
 * What a core with its image outside needs of the memory that it manages. Addresses and lengths
 * arrive as signed 32-bit numbers.
 */
function foreignMemory(memory: WebAssembly.Memory): WebAssembly.ModuleImports {
  const bytes = (): Uint8Array => new Uint8Array(memory.buffer);
  return {
    foreign_bytes: (): number => memory.buffer.byteLength,
    foreign_grow: (pages: number): number => {
      try {
        memory.grow(pages >>> 0);
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
