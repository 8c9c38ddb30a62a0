// Purpose: how far a memory can grow, which JavaScript cannot ask it in most engines.
// Floor:   door js.

const most = 65536;

/**
 * The pages that a memory may grow to at most; `undefined` when it was made without a maximum.
 *
 * A module that imports a memory says how large it may become at most, and an engine links the two
 * only if the memory keeps to that: so the answer is found by linking, in seventeen steps at most.
 */
export function maximumOf(memory: WebAssembly.Memory): number | undefined {
  if (!found.has(memory)) found.set(memory, find(memory));
  return found.get(memory);
}

/** What is known of memories: it never changes, and to find it out takes a millisecond. */
const found = /* @__PURE__ */ new WeakMap<WebAssembly.Memory, number | undefined>();

/** A memory was made with this maximum. */
export function noteMaximum(memory: WebAssembly.Memory, maximum: number | undefined): void {
  found.set(memory, maximum);
}

function find(memory: WebAssembly.Memory): number | undefined {
  const isShared = Object.prototype.toString.call(memory.buffer) === '[object SharedArrayBuffer]';
  const links = (maximum: number): boolean => {
    try {
      new WebAssembly.Instance(new WebAssembly.Module(importerOf(maximum, isShared)), { env: { memory } });
      return true;
    } catch (error) {
      if (error instanceof WebAssembly.LinkError) return false;
      throw error;
    }
  };
  if (!links(most)) return undefined;
  let low = memory.buffer.byteLength / 65536;
  let high = most;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (links(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}

/** (module (import "env" "memory" (memory 0 maximum))), shared or not. */
function importerOf(maximum: number, isShared: boolean): Uint8Array<ArrayBuffer> {
  const name = (text: string): number[] => [text.length, ...Array.from(text, (letter) => letter.charCodeAt(0))];
  const limit = [(maximum & 0x7f) | 0x80, ((maximum >> 7) & 0x7f) | 0x80, maximum >> 14];
  const entry = [1, ...name('env'), ...name('memory'), 2, isShared ? 3 : 1, 0, ...limit];
  return Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 2, entry.length, ...entry);
}
