// Purpose: a stream of bytes from one agent to another, through a ring in a heap that they share.
// Floor:   door js.
//
// Leslie Lamport's queue for one producer and one consumer ("Proving the Correctness of Multiprocess Programs",
// 1977): each of two counters is written by one side only, so that there is nothing to lock.
//
//     written   bytes that were ever written, modulo 2^32; the producer's
//     read      bytes that were ever read, modulo 2^32; the consumer's
//
//     written - read   bytes lie in the ring, whose capacity is a power of two: a counter's low bits are a place
//
// The bytes are there before `written` says so, and are copied out before `read` says so. Who finds nothing to do
// says that it waits, and looks once more; the other looks whether somebody waits after it has changed its counter:
// one of the two sees the other (Th. J. Dekker's idea, told by Edsger W. Dijkstra, 1965). The counters lie on cache
// lines of their own, as each is written by another processor.

import { wholeNumber } from '../arguments.js';
import { bytesOf } from '../bytes-like.js';
import { makeError } from '../errors.js';
import type { HeapBase } from '../heap-base.js';
import { maker, type Maker } from '../maker.js';
import {
  placeAt,
  placeNew,
  publish,
  SharedObject,
  usableAt,
  type ObjectKind,
  type ObjectPlace,
} from './shared-object.js';
import { noOptions, Obstacle, waitFor, waitForAsync, type AsyncWaitOptions, type Step, type WaitOptions } from './wait.js';

const line = 64;

/** What lies before the bytes. */
const kind: ObjectKind = { name: 'ring buffer', tag: 0x676e_6972 /* ring */, byteLength: 3 * line, alignment: line };

const capacityCell = 1;
const closedCell = 2;
const writtenCell = line / 4;
const readerWaitsCell = writtenCell + 1;
const readCell = (2 * line) / 4;
const writerWaitsCell = readCell + 1;

const least = 16;
const most = 2 ** 30;

/** What bytes are written from and read into. */
export type RingBytes = ArrayBufferView | ArrayBufferLike;

/**
 * A stream of bytes from one agent, which only writes, to one other, which only reads: single producer, single consumer,
 * no lock. Lies in a block of a heap in a shared memory.
 */
export class RingBuffer extends SharedObject {
  /** How many bytes there is room for: a power of two. */
  readonly capacity: number;

  readonly #ring: Uint8Array;
  #isWriting = false;
  #isReading = false;

  private constructor(by: Maker, place: ObjectPlace, capacity: number) {
    super(by, place);
    this.capacity = capacity;
    this.#ring = new Uint8Array(place.heap.buffer, place.byteOffset + kind.byteLength, capacity);
  }

  /**
   * Allocates a ring: as {@link Mutex.create}.
   *
   * @param byteLength the least room, in bytes; the next power of two is taken, at least 16
   * @throws RangeError `size_too_large` above 1 GiB, `invalid_number`
   */
  static create(heap: HeapBase, byteLength: number): RingBuffer {
    const operation = 'RingBuffer.create';
    const wanted = wholeNumber(operation, 'byteLength', byteLength);
    if (wanted > most) throw makeError('size_too_large', operation, `byteLength is ${wanted}; ${most} is the most`);
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(wanted, least)));
    const place = placeNew(operation, heap, kind, kind.byteLength + capacity);
    Atomics.store(place.cells, capacityCell, capacity);
    publish(place, kind);
    return new RingBuffer(maker, place, capacity);
  }

  /** The ring that another agent made: as {@link Mutex.at}. */
  static at(heap: HeapBase, byteOffset: number): RingBuffer {
    const operation = 'RingBuffer.at';
    const place = placeAt(operation, heap, byteOffset, kind);
    const capacity = Atomics.load(place.cells, capacityCell);
    const isPower = capacity >= least && capacity <= most && (capacity & (capacity - 1)) === 0;
    if (isPower && usableAt(operation, heap, byteOffset) >= kind.byteLength + capacity) {
      return new RingBuffer(maker, place, capacity);
    }
    throw makeError('wrong_object', operation, `its capacity is ${capacity}`, byteOffset);
  }

  /** Bytes that can be read at this moment. */
  get length(): number {
    const cells = this.cellsFor('length');
    // To others than the two at work, the counters are of two moments.
    return Math.min((Atomics.load(cells, writtenCell) - Atomics.load(cells, readCell)) >>> 0, this.capacity);
  }

  /** Whether {@link RingBuffer.close} was called, by either side. */
  get isClosed(): boolean {
    return Atomics.load(this.cellsFor('isClosed'), closedCell) !== 0;
  }

  /**
   * Ends the stream: nothing can be written any more; what was written can still be read, and then
   * {@link RingBuffer.read} gives 0. Either side may do it.
   */
  close(): void {
    const cells = this.cellsFor('close');
    Atomics.store(cells, closedCell, 1);
    // Those who wait do so on a counter: woken, they look at `closed` too.
    Atomics.notify(cells, writtenCell);
    Atomics.notify(cells, readCell);
  }

  /**
   * Writes as many bytes as there is room for.
   *
   * @returns how many
   * @throws HeapError `closed`
   */
  tryWrite(source: RingBytes): number {
    return this.#put('tryWrite', this.cellsFor('tryWrite'), bytesOf('tryWrite', 'source', source));
  }

  /**
   * Writes all bytes, asleep while there is no room.
   *
   * @throws HeapError `timed_out`, `closed`: some of them may have been written
   * @throws TypeError `cannot_wait` on a page's main thread, when it would have to wait; `unsupported_operation` while
   * another write is under way
   */
  write(source: RingBytes, options: WaitOptions = noOptions): void {
    if (this.#isWriting) throw underWay('write');
    const cells = this.cellsFor('write');
    waitFor('write', cells, this.#writing('write', cells, source), options);
  }

  /** As {@link RingBuffer.write}, with a promise. The bytes are taken little by little: leave them as they are. */
  async writeAsync(source: RingBytes, options: AsyncWaitOptions = noOptions): Promise<void> {
    if (this.#isWriting) throw underWay('writeAsync');
    const cells = this.cellsFor('writeAsync');
    const step = this.#writing('writeAsync', cells, source);
    this.#isWriting = true;
    try {
      await waitForAsync('writeAsync', cells, step, options);
    } finally {
      this.#isWriting = false;
    }
  }

  /**
   * Reads what is there, as far as it fits.
   *
   * @returns how many bytes
   */
  tryRead(target: RingBytes): number {
    return this.#get('tryRead', this.cellsFor('tryRead'), bytesOf('tryRead', 'target', target));
  }

  /**
   * Reads what is there, as far as it fits; asleep while there is nothing.
   *
   * @returns how many bytes; 0 when the stream has ended, and for an empty `target`
   * @throws HeapError `timed_out`
   * @throws TypeError `cannot_wait` on a page's main thread, when it would have to wait; `unsupported_operation` while
   * another read is under way
   */
  read(target: RingBytes, options: WaitOptions = noOptions): number {
    if (this.#isReading) throw underWay('read');
    const cells = this.cellsFor('read');
    return waitFor('read', cells, this.#reading('read', cells, target), options);
  }

  /** As {@link RingBuffer.read}, with a promise. */
  async readAsync(target: RingBytes, options: AsyncWaitOptions = noOptions): Promise<number> {
    if (this.#isReading) throw underWay('readAsync');
    const cells = this.cellsFor('readAsync');
    const step = this.#reading('readAsync', cells, target);
    this.#isReading = true;
    try {
      return await waitForAsync('readAsync', cells, step, options);
    } finally {
      this.#isReading = false;
    }
  }

  #writing(operation: string, cells: Int32Array, source: RingBytes): Step<true> {
    let rest = bytesOf(operation, 'source', source);
    return () => {
      rest = rest.subarray(this.#put(operation, cells, rest));
      if (rest.length === 0) return true;
      Atomics.store(cells, writerWaitsCell, 1);
      const read = Atomics.load(cells, readCell);
      const isFull = ((Atomics.load(cells, writtenCell) - read) >>> 0) === this.capacity;
      return new Obstacle(readCell, isFull && !this.isClosed ? read : ~read);
    };
  }

  #reading(operation: string, cells: Int32Array, target: RingBytes): Step<number> {
    const bytes = bytesOf(operation, 'target', target);
    return () => {
      // Before the bytes are looked at: what was written before the end is read.
      const isClosed = Atomics.load(cells, closedCell) !== 0;
      const count = this.#get(operation, cells, bytes);
      if (count > 0 || bytes.length === 0 || isClosed) return count;
      Atomics.store(cells, readerWaitsCell, 1);
      const written = Atomics.load(cells, writtenCell);
      const isEmpty = written === Atomics.load(cells, readCell);
      return new Obstacle(writtenCell, isEmpty && !this.isClosed ? written : ~written);
    };
  }

  /** Puts as many bytes as there is room for. */
  #put(operation: string, cells: Int32Array, source: Uint8Array): number {
    if (Atomics.load(cells, closedCell) !== 0) throw makeError('closed', operation, '', this.byteOffset);
    const count = Math.min(source.length, this.capacity - this.#length(operation, cells));
    if (count === 0) return 0;
    const written = Atomics.load(cells, writtenCell);
    const at = written & (this.capacity - 1);
    const first = Math.min(count, this.capacity - at);
    this.#ring.set(source.subarray(0, first), at);
    this.#ring.set(source.subarray(first, count), 0);
    Atomics.store(cells, writtenCell, (written + count) | 0);
    wake(cells, readerWaitsCell, writtenCell);
    return count;
  }

  /** Gets as many bytes as there are. */
  #get(operation: string, cells: Int32Array, target: Uint8Array): number {
    const count = Math.min(target.length, this.#length(operation, cells));
    if (count === 0) return 0;
    const read = Atomics.load(cells, readCell);
    const at = read & (this.capacity - 1);
    const first = Math.min(count, this.capacity - at);
    target.set(this.#ring.subarray(at, at + first));
    target.set(this.#ring.subarray(0, count - first), first);
    Atomics.store(cells, readCell, (read + count) | 0);
    wake(cells, writerWaitsCell, readCell);
    return count;
  }

  #length(operation: string, cells: Int32Array): number {
    const length = (Atomics.load(cells, writtenCell) - Atomics.load(cells, readCell)) >>> 0;
    if (length <= this.capacity) return length;
    throw makeError('wrong_object', operation, `there are ${length} bytes in a ring of ${this.capacity}`, this.byteOffset);
  }
}

/** Wakes the other side, if it has said that it waits. */
function wake(cells: Int32Array, waitsCell: number, cell: number): void {
  if (Atomics.load(cells, waitsCell) === 0) return;
  Atomics.store(cells, waitsCell, 0);
  Atomics.notify(cells, cell, 1);
}

function underWay(operation: string): Error {
  return makeError('unsupported_operation', operation, 'another one is under way here; wait for its promise');
}
