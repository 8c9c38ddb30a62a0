// A model of a heap that shares no code and no idea with the heap it watches: a map of the live
// blocks, a pattern of bytes in each, and for every 16 bytes of the memory the number of the block
// that owns them. It believes only what it was told (“malloc gave this address”) and compares.

import assert from 'node:assert/strict';

const granule = 16;

/** The i-th byte of a block's pattern: different for different blocks and different places in one. */
const patternByte = (id, i) => (id * 31 + i * 7 + (i >> 8)) & 0xff;

export class Model {
  #heap;
  #bytes = new Uint8Array();
  #owners = new Int32Array();
  #nextId = 1;
  /** Address → what is known of the block. */
  #blocks = new Map();
  /** The same addresses in a list, to pick one at random; each block knows its place in it. */
  #addresses = [];
  /** Live blocks that are the heap's own: tables of handles. Their bytes are not looked at. */
  #tables = new Map();
  /** Ranges of the memory that somebody else grew, and keeps. */
  #foreign = [];
  liveBytes = 0;

  constructor(heap) {
    this.#heap = heap;
  }

  get count() {
    return this.#addresses.length;
  }

  pick(random) {
    return random.pick(this.#addresses);
  }

  block(address) {
    return this.#blocks.get(address);
  }

  /** The heap has handed out a block. */
  allocated(address, length, { alignment = granule, zeroed = false } = {}) {
    assert.equal(address % Math.max(alignment, granule), 0, `${address} is no multiple of ${alignment}`);
    const id = this.#nextId++;
    const usable = this.#own(address, length, id);
    if (zeroed) this.#expectZeros(address, length);
    this.#blocks.set(address, { id, length, usable, place: this.#addresses.length });
    this.#addresses.push(address);
    this.liveBytes += usable;
    this.#write(address, 0, length, id);
  }

  /** The heap has allocated a block for itself. */
  tableMade(address) {
    const usable = this.#own(address, 0, this.#nextId++);
    this.#tables.set(address, usable);
    this.liveBytes += usable;
  }

  /** It is about to free it. */
  tableGoing(address) {
    const usable = this.#tables.get(address);
    this.#owners.fill(0, address / granule, (address + usable) / granule);
    this.#tables.delete(address);
    this.liveBytes -= usable;
  }

  /** The heap is about to take a block back. */
  freeing(address) {
    const block = this.#blocks.get(address);
    this.#expectPattern(address, block.length, block.id);
    this.#disown(address, block);
  }

  /** The heap has resized a block. */
  resized(from, to, length) {
    const block = this.#blocks.get(from);
    this.#disown(from, block);
    assert.equal(to % granule, 0);
    const usable = this.#own(to, length, block.id);
    this.#expectPattern(to, Math.min(block.length, length), block.id);
    this.#write(to, block.length, length, block.id);
    this.#blocks.set(to, { id: block.id, length, usable, place: this.#addresses.length });
    this.#addresses.push(to);
    this.liveBytes += usable;
  }

  /** Somebody else has grown the memory: from `begin` on it is theirs, not the heap's. */
  grownByOthers(begin) {
    this.#refresh();
    const end = this.#bytes.length;
    this.#owners.fill(-1, begin / granule, end / granule);
    this.#bytes.fill(0xcd, begin, end);
    this.#foreign.push({ begin, end });
  }

  /** What must hold after every operation. */
  agree() {
    const heap = this.#heap;
    const live = heap.stat('live');
    assert.equal(live, this.liveBytes, 'live bytes');
    assert.equal(heap.stat('blocks'), this.count + this.#tables.size, 'live blocks');
    assert.equal(live + heap.stat('free') + heap.stat('metadata'), heap.stat('managed'), 'live + free + metadata');
  }

  /** What must hold too, but costs a walk. */
  agreeInFull() {
    const heap = this.#heap;
    this.#refresh();
    heap.validate();
    const stats = heap.stats();
    const sums = { live: 0, free: 0, metadata: 0, reserved: 0 };
    const found = { largestFree: 0, freeBlocks: 0, headFree: 0, tailFree: 0, usedSpan: 0 };
    let [blocks, at, firstLive, lastLive] = [0, stats.begin, -1, -1];
    for (const { byteOffset, byteLength, kind } of heap.blocks()) {
      assert.equal(byteOffset, at, 'the walk leaves no gap');
      at += byteLength;
      sums[kind] += byteLength;
      found.tailFree = 0;
      if (kind === 'live') {
        const usable = this.#blocks.get(byteOffset)?.usable ?? this.#tables.get(byteOffset);
        assert.ok(usable !== undefined, `a live block at ${byteOffset} that nobody has`);
        assert.equal(byteLength, usable, `length of the block at ${byteOffset}`);
        blocks++;
        if (firstLive < 0) firstLive = byteOffset;
        lastLive = byteOffset + byteLength;
      } else if (kind === 'free') {
        found.freeBlocks++;
        found.largestFree = Math.max(found.largestFree, byteLength);
        found.tailFree = byteLength;
        if (firstLive < 0) found.headFree += byteLength;
      }
    }
    found.usedSpan = firstLive < 0 ? 0 : lastLive - firstLive;
    assert.equal(at, stats.top, 'the walk ends where the heap ends');
    assert.equal(blocks, this.count + this.#tables.size, 'live blocks in the walk');
    // The walk shows what others grew as reserved; the figure counts only what was reserved by asking.
    for (const { begin, end } of this.#foreign) if (end <= stats.top) sums.reserved -= end - begin;
    for (const name of ['live', 'free', 'metadata', 'reserved']) assert.equal(sums[name], stats[name], name);
    for (const name of Object.keys(found)) assert.equal(found[name], stats[name], name);
    for (const [address, { length, id }] of this.#blocks) this.#expectPattern(address, length, id);
    for (const { begin, end } of this.#foreign) {
      assert.ok(this.#bytes.subarray(begin, end).every((byte) => byte === 0xcd), `what others keep from ${begin} on`);
    }
  }

  /** The longest run of free memory that the walk shows. */
  longestFree() {
    let longest = 0;
    for (const { byteLength, kind } of this.#heap.blocks()) {
      if (kind === 'free') longest = Math.max(longest, byteLength);
    }
    return longest;
  }

  #own(address, length, id) {
    this.#refresh();
    const usable = this.#heap.usableSize(address);
    assert.ok(usable >= Math.max(length, granule) && usable % granule === 0, `${usable} usable bytes for ${length}`);
    assert.ok(address + usable <= this.#bytes.length, 'inside the memory');
    const end = (address + usable) / granule;
    for (let g = address / granule; g < end; g++) {
      if (this.#owners[g] !== 0) assert.fail(`${address} (${usable}) overlaps block ${this.#owners[g]} at ${g * granule}`);
      this.#owners[g] = id;
    }
    return usable;
  }

  #disown(address, { usable, place }) {
    this.#owners.fill(0, address / granule, (address + usable) / granule);
    this.#blocks.delete(address);
    this.liveBytes -= usable;
    const last = this.#addresses.pop();
    if (last !== address) {
      this.#addresses[place] = last;
      this.#blocks.get(last).place = place;
    }
  }

  #write(address, from, to, id) {
    const bytes = this.#bytes;
    for (let i = from; i < to; i++) bytes[address + i] = patternByte(id, i);
  }

  #expectPattern(address, length, id) {
    this.#refresh();
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) {
      if (bytes[address + i] !== patternByte(id, i)) assert.fail(`byte ${i} of the block at ${address} was changed`);
    }
  }

  #expectZeros(address, length) {
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) {
      if (bytes[address + i] !== 0) assert.fail(`byte ${i} of the block at ${address} is not zero`);
    }
  }

  #refresh() {
    if (this.#bytes.buffer === this.#heap.buffer) return;
    this.#bytes = new Uint8Array(this.#heap.buffer);
    const granules = this.#bytes.length / granule;
    if (this.#owners.length >= granules) return;
    const wider = new Int32Array(granules);
    wider.set(this.#owners);
    this.#owners = wider;
  }
}
