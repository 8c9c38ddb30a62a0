// The same door to a guest that was linked with wasi-libc's own malloc (dlmalloc), for comparison: those
// methods of allot's Heap that the workload uses, written by hand as one does without a package.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class DlmallocHeap {
  #memory;
  #exports;
  #bytes = new Uint8Array();
  #view = new DataView(new ArrayBuffer(0));

  constructor(memory, exports) {
    this.#memory = memory;
    this.#exports = exports;
  }

  // Growth detaches the buffer, and a detached view has length 0.
  get #u8() {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#memory.buffer);
    return this.#bytes;
  }

  get #data() {
    if (this.#view.buffer !== this.#u8.buffer) this.#view = new DataView(this.#u8.buffer);
    return this.#view;
  }

  malloc(byteLength) {
    const address = this.#exports.malloc(byteLength) >>> 0;
    if (address === 0) throw new RangeError(`malloc(${byteLength}): out of memory`);
    return address;
  }

  free(address) {
    this.#exports.free(address);
  }

  allocString(text) {
    const bytes = encoder.encode(text);
    const byteOffset = this.malloc(bytes.length + 1);
    this.#u8.set(bytes, byteOffset);
    this.#u8[byteOffset + bytes.length] = 0;
    return { byteOffset, byteLength: bytes.length };
  }

  readString(byteOffset, byteLength) {
    return decoder.decode(this.#u8.subarray(byteOffset, byteOffset + byteLength));
  }

  readUint32(byteOffset) {
    return this.#data.getUint32(byteOffset, true);
  }

  readBigInt64(byteOffset) {
    return this.#data.getBigInt64(byteOffset, true);
  }

  writeFloat64(byteOffset, value) {
    this.#data.setFloat64(byteOffset, value, true);
  }
}
