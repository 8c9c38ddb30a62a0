// Purpose: a foreign allocator in the place of allot's own: an Emscripten module's, or any malloc and
//          free over some buffer. It is asked politely and believed nothing: an answer that cannot be
//          an address is an error before a byte is written.
// Floor:   door js.

import type { BufferSource } from './access.js';
import type { Shortage, Supplied } from './allocator.js';
import { addressLimit, describe, wholeNumber, wrongType } from './arguments.js';
import { makeError } from './errors.js';
import type { Block } from './blocks.js';
import type { HeapStatistics } from './generated/statistics.js';
import type { Tracking } from './tracking.js';
import { copyBytes, fillBytes } from './windows.js';

/** An address or size as the foreign allocator takes and gives it. */
export type ForeignNumber = number | bigint;

/** An allocator to adopt: its functions, and where its memory is. */
export interface ForeignAllocator {
  /** The memory, or anything else that always has the buffer of now. */
  readonly memory?: BufferSource | undefined;
  /** Or a function that gives the buffer of now, or the buffer itself; it is looked up anew each time. */
  readonly buffer?: (() => ArrayBufferLike) | ArrayBufferLike | undefined;
  /** Allocates bytes. 0, `null` and `undefined` mean out of memory. */
  readonly malloc: (byteLength: never) => ForeignNumber | null | undefined;
  /** Takes a block back. What it gives is not looked at. */
  readonly free: (address: never) => unknown;
  /** As `malloc`, zeroed, for a count of things. Default: `malloc`, and zeros. */
  readonly calloc?: ((count: never, byteLength: never) => ForeignNumber | null | undefined) | undefined;
  /** Changes a block's length. Default: a new block, where the old one's length is known. */
  readonly realloc?: ((address: never, byteLength: never) => ForeignNumber | null | undefined) | undefined;
  /** As `malloc`, at a multiple of an alignment. Default: `malloc`, if that happens to give one. */
  readonly alignedAlloc?: ((alignment: never, byteLength: never) => ForeignNumber | null | undefined) | undefined;
}

/** What an Emscripten module (`-sEXPORTED_FUNCTIONS=_malloc,_free`) shows of itself. */
export interface EmscriptenModule {
  /** The memory's bytes; Emscripten puts a new array there whenever the memory has grown. */
  readonly HEAPU8: Uint8Array;
  /** The memory itself, where it is exported: preferred, as it also shows growth by another agent. */
  readonly wasmMemory?: BufferSource | undefined;
  /** As {@link ForeignAllocator.malloc}. */
  readonly _malloc: ForeignAllocator['malloc'];
  /** As {@link ForeignAllocator.free}. */
  readonly _free: ForeignAllocator['free'];
  /** As {@link ForeignAllocator.calloc}. */
  readonly _calloc?: ForeignAllocator['calloc'];
  /** As {@link ForeignAllocator.realloc}. */
  readonly _realloc?: ForeignAllocator['realloc'];
}

/** What can be adopted: see {@link Heap.adopt}. */
export type Adoptable = ForeignAllocator | EmscriptenModule | WebAssembly.Exports;

/** How to adopt. */
export interface AdoptOptions {
  /**
   * Whether the allocator's addresses are `'i32'` (numbers) or `'i64'` (BigInts, as a memory64
   * module's). Default: found out by the first call of each function; a JavaScript function is called
   * with numbers.
   */
  readonly address?: 'i32' | 'i64' | undefined;
  /** See {@link HeapOptions.track}. */
  readonly track?: Tracking | undefined;
}

/** The allocator's parts, found and checked. */
interface Parts {
  readonly source: BufferSource;
  readonly malloc: ForeignFunction;
  readonly free: ForeignFunction;
  readonly calloc: ForeignFunction | undefined;
  readonly realloc: ForeignFunction | undefined;
  readonly alignedAlloc: ForeignFunction | undefined;
}

type Foreign = (...parameters: ForeignNumber[]) => unknown;

/** One of the allocator's functions, called with numbers or with BigInts, as it wants them. */
class ForeignFunction {
  readonly #call: Foreign;
  /** Whether it is wasm's own, and not JavaScript: those have the number of the function for a name. */
  readonly #isWasm: boolean;
  #isWide: boolean | undefined;

  constructor(call: Foreign, given: unknown, isWide: boolean | undefined) {
    this.#call = (...parameters) => call.apply(given, parameters); // as a method: it may be one
    this.#isWasm = /^function \d+\(\)\s*\{\s*\[native code\]/.test(Function.prototype.toString.call(call));
    this.#isWide = isWide;
  }

  get isWide(): boolean | undefined {
    return this.#isWide;
  }

  /** @param bytes the length that it is all about: wasm would take it modulo 2^32, without a word */
  call(operation: string, parameters: readonly number[], bytes = 0): unknown {
    if (this.#isWide === true) return this.#call(...parameters.map(BigInt));
    if (!this.#isWasm) return this.#call(...parameters);
    const isLong = bytes >= addressLimit;
    if (this.#isWide === undefined) {
      // An engine refuses a number for a 64-bit parameter, and a BigInt for a 32-bit one, before it calls,
      // so that nothing has happened yet.
      try {
        const answer = isLong ? this.#call(...parameters.map(BigInt)) : this.#call(...parameters);
        this.#isWide = isLong;
        return answer;
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        if (!isLong) return this.#callWide(parameters, error);
      }
    }
    if (isLong) throw makeError('size_too_large', operation, `${bytes} bytes, and its addresses have 32 bits`);
    return this.#call(...parameters);
  }

  #callWide(parameters: readonly number[], refused: TypeError): unknown {
    let answer;
    try {
      answer = this.#call(...parameters.map(BigInt));
    } catch (error) {
      throw error instanceof TypeError ? refused : error; // that was not it
    }
    this.#isWide = true;
    return answer;
  }
}

/** Finds the parts of an allocator, an Emscripten module, or the exports of a module. */
export function partsOf(operation: string, given: unknown, address: unknown): Parts {
  if (address !== undefined && address !== 'i32' && address !== 'i64') {
    throw makeError('invalid_option', operation, `address is ${describe(address)}, not i32 or i64`);
  }
  const isWide = address === undefined ? undefined : address === 'i64';
  if ((typeof given !== 'object' && typeof given !== 'function') || given === null) {
    throw wrongType(operation, 'allocator', given, 'an object with malloc and free');
  }
  const module = given as Readonly<Record<string, unknown>>;
  const optional = (...names: string[]): ForeignFunction | undefined => {
    for (const name of names) {
      const part = module[name];
      if (part === undefined) continue;
      if (typeof part !== 'function') throw wrongType(operation, name, part, 'a function');
      return new ForeignFunction(part as Foreign, given, isWide);
    }
    return undefined;
  };
  const needed = (...names: string[]): ForeignFunction => {
    const part = optional(...names);
    if (part === undefined) throw wrongType(operation, names.join(' or '), undefined, 'a function');
    return part;
  };
  return {
    source: sourceOf(operation, module),
    malloc: needed('malloc', '_malloc'),
    free: needed('free', '_free'),
    calloc: optional('calloc', '_calloc'),
    realloc: optional('realloc', '_realloc'),
    alignedAlloc: optional('alignedAlloc', 'aligned_alloc', '_aligned_alloc'),
  };
}

function sourceOf(operation: string, module: Readonly<Record<string, unknown>>): BufferSource {
  const source = (module['memory'] ?? emscriptenMemory(module) ?? lookedUp(module)) as BufferSource;
  const found: unknown = source.buffer;
  const tag = Object.prototype.toString.call(found);
  if (tag !== '[object ArrayBuffer]' && tag !== '[object SharedArrayBuffer]') {
    throw wrongType(operation, 'memory, buffer or HEAPU8', found, 'where the buffer is to be found');
  }
  return source;
}

/**
 * The memory of an Emscripten module, if it shows it. A build with assertions has getters that abort
 * the program in the place of what it does not show, so nothing but a plain property is looked at.
 */
function emscriptenMemory(module: object): unknown {
  return Object.getOwnPropertyDescriptor(module, 'wasmMemory')?.value;
}

/** The buffer that the module shows, as it is each time: it puts another one there when it has grown. */
function lookedUp(module: Readonly<Record<string, unknown>>): BufferSource {
  if ('HEAPU8' in module) {
    return {
      get buffer(): ArrayBufferLike {
        return (module['HEAPU8'] as Uint8Array | undefined)?.buffer as ArrayBufferLike;
      },
    };
  }
  return {
    get buffer(): ArrayBufferLike {
      const { buffer } = module;
      return (typeof buffer === 'function' ? buffer.call(module) : buffer) as ArrayBufferLike;
    },
  };
}

/** The allocator behind the interface that a heap uses. */
export class AdoptedAllocator implements Supplied {
  readonly #parts: Parts;
  #buffer: ArrayBufferLike;

  onShortage: (shortage: Shortage) => boolean = () => false;

  /** Called when there is another buffer after a call of the allocator, with the old one alive perhaps. */
  onNewBuffer: () => void = () => undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#buffer = parts.source.buffer;
  }

  get addressType(): 'i32' | 'i64' | undefined {
    const { isWide } = this.#parts.malloc;
    return isWide === undefined ? undefined : isWide ? 'i64' : 'i32';
  }

  malloc(byteLength: number): number {
    const bytes = checkLength('malloc', 'byteLength', byteLength);
    return this.#block('malloc', this.#parts.malloc, [bytes], bytes);
  }

  calloc(count: number, byteLength: number): number {
    const things = checkSafe('calloc', 'count', count);
    const each = checkSafe('calloc', 'byteLength', byteLength);
    const bytes = checkLength('calloc', 'count times byteLength', things * each);
    const { calloc } = this.#parts;
    if (calloc !== undefined) {
      const parameters = things === 0 || each === 0 ? [1, 1] : [things, each];
      return this.#block('calloc', calloc, parameters, bytes);
    }
    const address = this.malloc(bytes);
    fillBytes(this.#buffer, address, bytes, 0);
    return address;
  }

  realloc(address: number, byteLength: number, known: number | undefined): number {
    const bytes = checkLength('realloc', 'byteLength', byteLength);
    this.#requireInside('realloc', address);
    const { realloc } = this.#parts;
    if (realloc !== undefined) return this.#block('realloc', realloc, [address, bytes], bytes);
    if (address === 0) return this.malloc(bytes);
    if (known === undefined) {
      throw makeError('unsupported_operation', 'realloc', 'the adopted allocator has no realloc, and the length is unknown');
    }
    const moved = this.malloc(bytes);
    copyBytes(this.#buffer, moved, address, Math.min(known, bytes));
    this.free(address);
    return moved;
  }

  alignedAlloc(alignment: number, byteLength: number): number {
    const bytes = checkLength('alignedAlloc', 'byteLength', byteLength);
    checkSafe('alignedAlloc', 'alignment', alignment);
    if (!(alignment > 0) || 2 ** Math.round(Math.log2(alignment)) !== alignment) {
      throw makeError('invalid_alignment', `alignedAlloc(${alignment}, ${bytes})`);
    }
    const { alignedAlloc } = this.#parts;
    if (alignedAlloc === undefined) {
      const address = this.malloc(bytes);
      if (address % alignment === 0) return address;
      this.free(address);
      throw makeError('unsupported_operation', 'alignedAlloc', `the adopted allocator gave no multiple of ${alignment}`);
    }
    // C wants an alignment that the implementation knows, and a length that is a multiple of it.
    const multiple = Math.max(alignment, leastAlignment);
    const length = Math.ceil(bytes / multiple) * multiple;
    const address = this.#block('alignedAlloc', alignedAlloc, [multiple, length], length);
    if (address % alignment === 0) return address;
    this.free(address);
    throw makeError('bad_allocator', `alignedAlloc(${multiple}, ${length})`, `it gave ${address}`, address);
  }

  free(address: number): void {
    this.#requireInside('free', address);
    this.#call(`free(${address})`, this.#parts.free, [address]);
  }

  sizeof(): number {
    return refuse('sizeof');
  }

  usableSize(): number {
    return refuse('usableSize');
  }

  requestedSize(): number {
    return refuse('requestedSize');
  }

  blocks(): IterableIterator<Block> {
    return refuse('blocks');
  }

  stats(): HeapStatistics {
    return refuse('stats');
  }

  stat(): number {
    return refuse('stat');
  }

  validate(): void {
    refuse('validate');
  }

  merge(): void {
    refuse('merge');
  }

  grow(): number {
    return refuse('grow');
  }

  relocate(): void {
    refuse('compact');
  }

  reserve(): void {
    refuse('reserve');
  }

  unreserve(): void {
    refuse('unreserve');
  }

  setQuota(): void {
    refuse('quota');
  }

  setMaximum(): void {
    refuse('softMaximum');
  }

  /** Asks for a block, and looks at the answer before anybody writes there. */
  #block(operation: string, part: ForeignFunction, parameters: number[], bytes: number): number {
    const call = `${operation}(${parameters.join(', ')})`;
    let answer = this.#call(call, part, parameters, bytes);
    for (let attempt = 1; isNone(answer); attempt++) {
      if (!this.onShortage({ code: 'out_of_memory', byteLength: bytes, attempt })) throw makeError('out_of_memory', call);
      answer = this.#call(call, part, parameters, bytes);
    }
    const address = addressOf(answer);
    if (!Number.isSafeInteger(address) || address < 0) {
      throw makeError('bad_allocator', call, `it gave ${describe(answer)}`);
    }
    const { byteLength } = this.#buffer;
    if (address + bytes > byteLength) {
      throw makeError('bad_allocator', call, `it gave ${address}; the memory has ${byteLength} bytes`, address);
    }
    return address;
  }

  #call(call: string, part: ForeignFunction, parameters: readonly number[], bytes?: number): unknown {
    const answer = part.call(call, parameters, bytes);
    const { buffer } = this.#parts.source;
    if (buffer !== this.#buffer) {
      this.#buffer = buffer;
      this.onNewBuffer();
    }
    return answer;
  }

  /** Wasm takes addresses modulo 2^32: one beyond the memory might be that of another block. */
  #requireInside(operation: string, address: number): void {
    const whole = wholeNumber(operation, 'address', address);
    if (whole < this.#parts.source.buffer.byteLength) return;
    throw makeError('wild_address', `${operation}(${whole})`, '', whole);
  }
}

/** Whether an answer means that there is no memory. */
function isNone(answer: unknown): boolean {
  return answer === 0 || answer === 0n || answer === null || answer === undefined;
}

/** What a `malloc` for everything has to align to in the C ABI of WebAssembly. */
const leastAlignment = 16;

/** WebAssembly's integers are signed: an address above 2 GiB arrives negative. */
function addressOf(answer: unknown): number {
  if (typeof answer === 'bigint') return Number(BigInt.asUintN(64, answer));
  if (typeof answer !== 'number') return NaN;
  return (answer | 0) === answer ? answer >>> 0 : answer;
}

/** A length to ask for: at least 1, because a `malloc` of 0 may well give no block, and a `realloc` free it. */
function checkLength(operation: string, name: string, value: number): number {
  return Math.max(checkSafe(operation, name, value), 1);
}

/** A size: of a 64-bit memory perhaps, but a safe number. */
function checkSafe(operation: string, name: string, value: number): number {
  const whole = wholeNumber(operation, name, value);
  if (Number.isSafeInteger(whole)) return whole;
  throw makeError('size_too_large', operation, `${name} is ${whole}`);
}

function refuse(operation: string): never {
  throw makeError('unsupported_operation', operation, 'it is an adopted allocator, which tells nothing of itself');
}
