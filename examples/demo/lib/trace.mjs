// Records every call of the workload to malloc, realloc and free, from SQLite and from JavaScript, in the
// form that guest/replay.c makes them again.

const MALLOC = 0;
const REALLOC = 1;
const FREE = 2;

export class Trace {
  #calls = new Uint32Array(1 << 16);
  #slotOf = new Map();
  #unused = [];
  slots = 0;
  count = 0;

  /** The import of guest/trace.c. `before` and `after` are the block's address before and after the call. */
  traced(kind, before, after, size) {
    if (kind === FREE) {
      if (before !== 0) this.#write(this.#leave(before), FREE, 0);
    } else if (kind === REALLOC && before !== 0) {
      if (after === 0) throw new RangeError('the traced workload ran out of memory');
      const slot = this.#slotOf.get(before);
      this.#slotOf.delete(before);
      this.#slotOf.set(after, slot);
      this.#write(slot, REALLOC, size);
    } else {
      this.#write(this.#enter(after), MALLOC, size);
    }
  }

  /** The recorded calls, two numbers each. */
  get calls() {
    return this.#calls.subarray(0, 2 * this.count);
  }

  #enter(address) {
    const slot = this.#unused.pop() ?? this.slots++;
    this.#slotOf.set(address, slot);
    return slot;
  }

  #leave(address) {
    const slot = this.#slotOf.get(address);
    this.#slotOf.delete(address);
    this.#unused.push(slot);
    return slot;
  }

  #write(slot, kind, size) {
    if (2 * this.count === this.#calls.length) {
      const larger = new Uint32Array(this.#calls.length * 2);
      larger.set(this.#calls);
      this.#calls = larger;
    }
    this.#calls[2 * this.count] = (slot << 2) | kind;
    this.#calls[2 * this.count + 1] = size;
    this.count++;
  }
}

/** Makes the recorded calls in a fresh guest. Returns the milliseconds that took. */
export function replay({ exports, heap, memory }, trace) {
  const calls = heap.malloc(trace.calls.byteLength);
  const slots = heap.malloc(trace.slots * 4);
  new Uint32Array(memory.buffer, calls, trace.calls.length).set(trace.calls);
  const start = performance.now();
  const failed = exports.demo_replay(calls, trace.count, slots);
  const elapsed = performance.now() - start;
  if (failed) throw new RangeError('the replay ran out of memory');
  heap.free(slots);
  heap.free(calls);
  return elapsed;
}
