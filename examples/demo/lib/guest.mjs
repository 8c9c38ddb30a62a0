// A guest (SQLite compiled to wasm) in a memory that JavaScript created, and the heap that both use.

import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { DlmallocHeap } from './dlmalloc.mjs';
import { allotPackage, wasm } from './paths.mjs';
import { Trace } from './trace.mjs';

const pageBytes = 65536;
const compiled = new Map();

/** The compiled module, made once: every run gets a fresh instance of it, over a fresh memory. */
async function moduleOf(kind) {
  if (!compiled.has(kind)) compiled.set(kind, WebAssembly.compile(await readFile(wasm[kind])));
  return compiled.get(kind);
}

/**
 * Starts a guest. `kind` is its malloc: 'allot' or 'dlmalloc'. What comes back works the same for both:
 *
 * - `exports`: SQLite's C functions
 * - `heap`: malloc, free, strings and numbers in the guest's memory; for 'allot' a `Heap` of the package
 * - `layout`: where the linker put the guest's stack and data, and where its heap begins
 */
export async function startGuest(kind) {
  const guest = await instantiate(kind);
  const { memory, exports } = guest;
  guest.heap = kind === 'allot' ? await attach(memory, exports) : new DlmallocHeap(memory, exports);
  return guest;
}

/** Starts a guest (with dlmalloc) that records SQLite's and JavaScript's calls to malloc in `trace`. */
export async function startTracedGuest() {
  const trace = new Trace();
  const guest = await instantiate('traced', { traced: (...call) => trace.traced(...call) });
  const { __wrap_malloc: malloc, __wrap_free: free } = guest.exports;
  guest.heap = new DlmallocHeap(guest.memory, { malloc, free });
  return { ...guest, trace };
}

/** The heap's figures and, as `linear`, the bytes of the whole memory. */
export const figuresOf = ({ heap, memory }) => ({ ...heap.stats(), linear: memory.buffer.byteLength });

async function instantiate(kind, imports = {}) {
  const module = await moduleOf(kind);
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 16384 });
  // The memory is all that the timed guests import: SQLite was built without files and clock, so it needs no
  // WASI.
  const { exports } = await WebAssembly.instantiate(module, { env: { memory, ...imports } });
  exports._initialize?.();
  const layout = {
    stackEnd: exports.__global_base.value,
    dataEnd: exports.__data_end.value,
    heapBegin: exports.__heap_base.value,
  };
  return { kind, memory, exports, layout, pages: () => memory.buffer.byteLength / pageBytes };
}

// The guest's malloc keeps its heap's image in the memory, behind the guest's own data. Joining it is all
// there is to do: from here on, JavaScript and SQLite allocate and free in one heap.
async function attach(memory, exports) {
  const { Heap } = await import(pathToFileURL(allotPackage));
  return Heap.attach(memory, { address: exports.allot_image() });
}
