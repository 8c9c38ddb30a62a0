// Purpose: the one memory there is, the heap in it, and the bindings that follow it.
// Floor:   door js, compat.
//
// Importing this does no more than to make a memory of one page, and bundlers may leave that out. The
// heap comes with the first call: to make one compiles the allocator.

import { Heap } from '../../index.js';

/** The memory. `trim` puts another one in its place, which this binding follows. */
export let memory: WebAssembly.Memory = /*#__PURE__*/ newMemory();

/**
 * The memory's buffer. Each growth makes another one, which this binding follows: at once if it was
 * a function of this module that let the memory grow, and otherwise as soon as one is called.
 */
export let buffer: ArrayBuffer = /*#__PURE__*/ bufferOf(memory);

let heap: Heap | undefined;
/** Up to where the memory is the heap's own. Behind it lies what others made it grow by. */
let ownEnd = 0;
/** Bytes that the heap is growing by, as long as it does. */
let growing = 0;

const pageBytes = 65536;

function newMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1 });
}

function bufferOf(memory: WebAssembly.Memory): ArrayBuffer {
  return memory.buffer as ArrayBuffer;
}

/** The heap, with the bindings as it is; if somebody else has made the memory grow, that is told first. */
export function heapOfNow(): Heap {
  if (heap === undefined) {
    const made = Heap.createSync({ memory, image: 'outside', policy: 'exact', begin: 0 });
    heap = made;
    ownEnd = buffer.byteLength;
    // Before anybody else can listen or bind: whoever is told sees the memory as it is. (Of a trim the bound hear
    // before those who listen.)
    made.on('grow', ({ info }) => {
      if (growing > 0 && info.newSize - info.oldSize >= growing) ownEnd = info.newSize;
      follow();
    });
    made.bind(() => undefined, follow);
  } else if (heap.memory.buffer !== buffer) {
    heap.refresh();
    follow();
  }
  return heap;
}

/** Has the bindings follow what the heap has become. */
export function follow(): void {
  if (heap === undefined) return;
  memory = heap.memory;
  buffer = heap.buffer as ArrayBuffer;
  ownEnd = Math.min(ownEnd, buffer.byteLength);
}

/** Makes the memory larger. */
export function growHeap(pages: number): void {
  const made = heapOfNow();
  growing = typeof pages === 'number' ? pages * pageBytes : 0;
  try {
    made.grow(pages);
  } finally {
    growing = 0;
    follow();
  }
}

/**
 * Bytes behind the heap's last block, free or not, that it was given by {@link growHeap} and will take when it
 * needs them: they are free, but the heap does not count them yet.
 */
export function spareBytes(made: Heap): number {
  return Math.max(0, ownEnd - made.stat('top'));
}

/**
 * Forgets everything: blocks, handlers, bound modules. `memory` is a new one, of one page. Meant for
 * tests: whoever still uses an address, or a module that was bound, uses the old memory.
 */
export function reset(): void {
  heap = undefined;
  memory = newMemory();
  buffer = bufferOf(memory);
}
