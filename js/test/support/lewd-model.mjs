// What LEWD must do, found in the simplest way: a list of the blocks there are. Shares nothing with the heap.

import assert from 'node:assert/strict';

export const pageBytes = 65536;
const atomBytes = 16;

export const roundUp = (bytes, unit = atomBytes) => Math.ceil(bytes / unit) * unit;

export class LewdModel {
  /** Live blocks in the order of their addresses: `{ address, byteLength }`. */
  #blocks = [];
  pages = 1;

  get total() {
    return this.pages * pageBytes;
  }

  get blocks() {
    return [...this.#blocks];
  }

  /** All that is free, in the order of addresses. */
  zones() {
    const zones = [];
    let at = 0;
    for (const { address, byteLength } of [...this.#blocks, { address: this.total, byteLength: 0 }]) {
      if (address > at) zones.push({ address: at, byteLength: address - at });
      at = address + byteLength;
    }
    return zones;
  }

  /** Where a block of so many bytes must come to lie; grows as little as will do. */
  place(bytes) {
    const wanted = roundUp(bytes);
    let best;
    for (const zone of this.zones()) {
      if (zone.byteLength >= wanted && zone.byteLength < (best?.byteLength ?? Infinity)) best = zone;
    }
    if (best !== undefined) return best.address;
    const last = this.#blocks.at(-1);
    const address = last === undefined ? 0 : last.address + last.byteLength;
    this.pages = roundUp(address + wanted, pageBytes) / pageBytes;
    return address;
  }

  allocate(bytes) {
    const address = this.place(bytes);
    const block = { address, byteLength: roundUp(bytes) };
    this.#blocks.push(block);
    this.#blocks.sort((a, b) => a.address - b.address);
    return block;
  }

  free(block) {
    const index = this.#blocks.indexOf(block);
    assert.ok(index >= 0);
    this.#blocks.splice(index, 1);
  }

  trim() {
    const last = this.#blocks.at(-1);
    const end = last === undefined ? 0 : last.address + last.byteLength;
    this.pages = Math.max(1, roundUp(end, pageBytes) / pageBytes);
  }

  figures() {
    const zones = this.zones();
    const [first, last] = [this.#blocks[0], this.#blocks.at(-1)];
    const sum = (list) => list.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
    return {
      total: this.total,
      used: sum(this.#blocks),
      run: first === undefined ? 0 : last.address + last.byteLength - first.address,
      free: sum(zones),
      head: first === undefined ? this.total : first.address,
      tail: last === undefined ? this.total : this.total - last.address - last.byteLength,
      largest: Math.max(0, ...zones.map(({ byteLength }) => byteLength)),
    };
  }
}

/** All that LEWD tells, in bytes, by every name it has for it; they must agree. */
export function figuresOf(lewd) {
  const byName = {
    total: lewd.total(), used: lewd.used(), run: lewd.usedRun(), free: lewd.free(), head: lewd.headFree(),
    tail: lewd.tailFree(), largest: lewd.largestFree() * atomBytes,
  };
  const inBytes = {};
  for (const name of Object.keys(byName)) {
    inBytes[name] = lewd[`${name}Bytes`]();
    assert.equal(lewd[`${name}Atoms`]() * atomBytes, inBytes[name], `${name}Atoms`);
  }
  assert.deepEqual(byName, inBytes);
  return inBytes;
}
