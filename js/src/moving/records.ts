// Purpose: remembers a heap's records, to put them back: when there is no memory to move to, or when somebody
//          has written over them.
// Floor:   door js.
//
// What lies in free memory means nothing to the heap, so only the records need to come back. They are found by
// the page map, which costs far less than a walk over all blocks.

import { recordsOf } from '../debug/snapshot.js';
import { imageWords as field } from '../generated/image-words.js';
import type { OpenHeap } from '../open.js';

const granulesPerPage = 4096;
/** All hint stacks, as hint_places of core/allot/image/layout.hpp has them: places of two u32. */
export const hintBytes = (cap: number): number =>
  (36 * cap + 96 * Math.floor(cap / 8) + 129) * 8;

/** The records of a heap as they were when this was made. */
export class SavedRecords {
  readonly #memory: WebAssembly.Memory;
  readonly #parts: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #byteLength = 0;

  constructor({ memory, core, place, image }: OpenHeap) {
    if (place === 'outside') {
      this.#memory = recordsOf(core);
      this.#save(0, this.#memory.buffer.byteLength);
      return;
    }
    this.#memory = memory;
    const { buffer } = memory;
    const header = new DataView(buffer, image);
    const ref = (view: DataView, offset: number): number => Number(view.getBigUint64(offset, true));
    const recordBytes = header.getUint32(field.record_bytes, true);
    const pageMap = ref(header, field.page_map);
    const capacity = header.getUint32(field.page_map_capacity, true);
    // Header, agent, and the first of all that is replaced by something larger later on.
    this.#save(image, core.allot_block_size(image, image));
    this.#save(pageMap, capacity * 4);
    this.#save(ref(header, field.hints), hintBytes(header.getUint16(field.hint_cap, true)));
    const map = new DataView(buffer, pageMap);
    const pages = header.getUint32(field.granules, true) / granulesPerPage;
    for (let page = 0, last = 0; page < pages; page++) {
      const record = map.getUint32(page * 4, true);
      if (record !== last) this.#save(record, recordBytes); // the pages of a gap have one
      last = record;
    }
    let unused = ref(header, field.pool);
    for (let left = ref(header, field.pool_count); left > 0 && unused !== 0; left--) {
      this.#save(unused, recordBytes);
      unused = ref(new DataView(buffer, unused), 0);
    }
  }

  /** How many bytes they have. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Whether they are as they were. */
  get isSame(): boolean {
    const bytes = new Uint8Array(this.#memory.buffer);
    return this.#parts.every(({ at, bytes: saved }) => isSame(bytes, at, saved));
  }

  /** Puts them back. */
  restore(): void {
    const bytes = new Uint8Array(this.#memory.buffer);
    for (const { at, bytes: saved } of this.#parts) bytes.set(saved, at);
  }

  #save(at: number, byteLength: number): void {
    this.#byteLength += byteLength;
    this.#parts.push({ at, bytes: new Uint8Array(this.#memory.buffer, at, byteLength).slice() });
  }
}

/** Whether bytes are the same. All that is compared begins and ends at a multiple of 4. */
export function isSame(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  const words = new Int32Array(bytes.buffer, at, expected.length >> 2);
  const others = new Int32Array(expected.buffer, expected.byteOffset, expected.length >> 2);
  for (let i = 0; i < words.length; i++) if (words[i] !== others[i]) return false;
  return true;
}
