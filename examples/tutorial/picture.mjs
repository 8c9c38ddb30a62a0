// What there is to see of the lesson's memories, as data: the page and the terminal draw it.

const pageBytes = 65536;
const cellBytes = 1024;

/** How many bytes are shown one by one. */
const windowBytes = 48;

/** Who can have written a byte, by the number that is remembered. */
const writers = [undefined, 'js', 'cpp', 'as'];

/** Watches the variables of a lesson. */
export class Watch {
  #it;
  #seen = new Map(); // by the name of a memory: a copy of its bytes, and who changed each of them last
  #views = new Map(); // by the name of a view: itself, and the name of the memory that it was made on
  #owners = new Map(); // by the address of a live block: who allocated it

  constructor(it) {
    this.#it = it;
  }

  /** What there is to see by now, as pairs of name and buffer. */
  #buffers() {
    const { row, copy, shared, other, memory, chapter } = this.#it;
    const all = { row, copy, shared, other, memory: memory?.buffer, 'chapter.memory': chapter?.memory.buffer };
    return Object.entries(all).filter(([, buffer]) => buffer);
  }

  /** Looks what is different now, and puts it down to `by`. Returns what changed: `{name, addresses, grown}`. */
  look(by) {
    const changes = [];
    for (const [name, buffer] of this.#buffers()) {
      const bytes = new Uint8Array(buffer).slice();
      const before = this.#seen.get(name);
      const changedBy = new Uint8Array(bytes.length);
      changedBy.set(before?.changedBy ?? []);
      const addresses = [];
      for (let i = 0; i < bytes.length; i++) {
        if (bytes[i] === (before?.bytes[i] ?? 0)) continue;
        changedBy[i] = writers.indexOf(by);
        addresses.push(i);
      }
      this.#seen.set(name, { bytes, changedBy, addresses: new Set(addresses) });
      const grown = before ? (bytes.length - before.bytes.length) / pageBytes : 0;
      if (addresses.length > 0 || grown > 0) changes.push({ name, addresses, grown });
    }
    this.#lookAtViews();
    this.#lookAtBlocks(by);
    return changes;
  }

  /** Nothing counts as changed any more. */
  settle() {
    for (const seen of this.#seen.values()) seen.addresses.clear();
  }

  #lookAtViews() {
    for (const [name, view] of Object.entries(this.#it)) {
      if (!ArrayBuffer.isView(view) || this.#views.get(name)?.view === view) continue;
      this.#views.set(name, { view, memory: this.#buffers().find(([, buffer]) => buffer === view.buffer)?.[0] });
    }
  }

  #lookAtBlocks(by) {
    const live = this.blocks().filter(({ kind }) => kind === 'live');
    this.#owners = new Map(live.map((block) => [block.byteOffset, block.by ?? by]));
  }

  /** The heap's blocks, the live ones with who allocated them. */
  blocks() {
    const blocks = [...(this.#it.heap?.blocks() ?? [])];
    return blocks.map((block) => ({ ...block, by: this.#owners.get(block.byteOffset) }));
  }

  /** What to draw of a memory, or undefined while there is none of that name. */
  picture(name, from) {
    const seen = this.#seen.get(name);
    if (!seen) return undefined;
    const { bytes, changedBy, addresses } = seen;
    const begin = Math.max(0, Math.min(from - (from % 16), bytes.length - windowBytes));
    const window = Array.from(bytes.subarray(begin, begin + windowBytes), (value, i) => ({
      address: begin + i,
      value,
      by: writers[changedBy[begin + i]],
      isChanged: addresses.has(begin + i),
    }));
    const pages = bytes.length / pageBytes;
    if (pages < 1) return { name, byteLength: bytes.length, window };
    const views = this.#viewsOn(name, bytes.length);
    return { name, byteLength: bytes.length, window, pages, views, cells: this.#cells(name) };
  }

  #viewsOn(name, byteLength) {
    const views = [...this.#views].filter(([, { memory }]) => memory === name);
    return views.map(([own, { view }]) => ({
      name: own,
      type: view.constructor.name,
      pages: view.byteLength / pageBytes,
      isStale: view.byteLength < byteLength,
    }));
  }

  /** One for every 1024 bytes: what it holds, `{kind, by, isChanged}`. */
  #cells(name) {
    const { bytes, changedBy, addresses } = this.#seen.get(name);
    const cells = Array.from({ length: bytes.length / cellBytes }, (_, i) => {
      const written = bytes.subarray(i * cellBytes, (i + 1) * cellBytes).findIndex((byte) => byte !== 0);
      return written < 0 ? { kind: 'empty' } : { kind: 'written', by: writers[changedBy[i * cellBytes + written]] };
    });
    for (const { byteOffset, byteLength, kind, by } of name === 'memory' ? this.#regions() : []) {
      for (let i = Math.floor(byteOffset / cellBytes); i < Math.ceil((byteOffset + byteLength) / cellBytes); i++) {
        const cell = cells[i];
        // A cell in which several things lie shows the one that is more to the point.
        if (kind === 'live' && cell.kind === kind && cell.by !== by) cell.by = 'both';
        else if (ranks.indexOf(kind) >= ranks.indexOf(cell.kind)) cells[i] = { kind, by };
      }
    }
    for (const address of addresses) cells[Math.floor(address / cellBytes)].isChanged = true;
    return cells;
  }

  #regions() {
    const { cpp } = this.#it;
    if (!cpp) return [];
    // The linker puts data before the stack; this guest has one word, too little for the picture.
    const byteOffset = cpp.__global_base.value;
    return [{ byteOffset, byteLength: cpp.__heap_base.value - byteOffset, kind: 'stack' }, ...this.blocks()];
  }
}

/** What a cell can hold, the more important ones last. */
const ranks = ['empty', 'written', 'stack', 'free', 'metadata', 'live'];
