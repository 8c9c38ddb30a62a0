// Purpose: an arena in a WebAssembly memory that grows by pages.
// Floor:   door js, compat.

import { Arena, cannotGrow } from './arena.js';
import { show, typeError } from './errors.js';

const pageLength = 2 ** 16;

/** Allocates in a WebAssembly memory, from its beginning on, one block behind the other. */
export class WasmMemoryArenaAllocator extends Arena {
  readonly #memory: WebAssembly.Memory;

  constructor(wasmMemory: WebAssembly.Memory, alignmentConstant = 8) {
    super(alignmentConstant);
    if (!(wasmMemory instanceof WebAssembly.Memory)) {
      throw typeError('wrong_type', `wasmMemory must be a WebAssembly.Memory, not ${show(wasmMemory)}`);
    }
    this.#memory = wasmMemory;
  }

  /** The memory. */
  get wasmMemory(): WebAssembly.Memory {
    return this.#memory;
  }

  get capacity(): number {
    return this.#memory.buffer.byteLength;
  }

  /** How many pages of 64 KiB the memory has now. */
  get capacityPages(): number {
    return this.capacity / pageLength;
  }

  /** The memory's buffer of now. */
  get heap(): ArrayBuffer {
    return this.#memory.buffer;
  }

  /** @internal */
  protected override growTo(byteLength: number): void {
    const pages = Math.ceil((byteLength - this.capacity) / pageLength);
    try {
      grow(this.#memory, pages);
    } catch (error) {
      throw cannotGrow(byteLength, error);
    }
  }
}

/** Grows a memory of either address type: 64-bit ones count their pages in BigInts in most engines. */
function grow(memory: WebAssembly.Memory, pages: number): void {
  try {
    memory.grow(pages);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    memory.grow(BigInt(pages) as unknown as number);
  }
}
