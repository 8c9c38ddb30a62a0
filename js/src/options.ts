// Purpose: what a caller may ask for when making or joining a heap, and the checks of it.
// Floor:   door js.

import { checkBound, checkLimit, describe, requireNames, requireType, wholeNumber, wrongType } from './arguments.js';
import { makeError } from './errors.js';
import { isMemory, requireMemory } from './instance.js';
import { requireToken } from './lifetimes.js';
import type { ImagePlace } from './module.js';
import type { Tracking } from './tracking.js';

/**
 * How the heap weighs speed against space. `exact`: merges at once and never lends a larger block
 * than asked for, so every placement is the exact best fit, the lowest address among equals, in a
 * time that grows with the heap. `compact` merges at once and takes the shortest block that fits of
 * those that it knows of. `balanced`, the default, and `fast` lend larger blocks, and keep freed
 * ones at hand, `fast` more generously.
 */
export type Policy = 'exact' | 'compact' | 'balanced' | 'fast';

/** By the numbers that the core knows them by. */
const policies: readonly Policy[] = ['exact', 'compact', 'balanced', 'fast'];

/** How to make a heap. Everything has a default. */
export interface HeapOptions {
  /** The memory to manage. Default: a new one, of `initial` and `maximum` pages. */
  readonly memory?: WebAssembly.Memory | undefined;
  /** Pages (of 64 KiB) that a new memory begins with. Default: 1. */
  readonly initial?: number | undefined;
  /** Pages that a new memory may grow to. Default: as many as the engine gives. */
  readonly maximum?: number | undefined;
  /**
   * Whether a new memory can be used by several agents (workers) at once; it then needs a `maximum`.
   * Each makes its own `Heap` of it by {@link Heap.attach}, and allocates in pages of its own; see docs/threads.md.
   * Default: `false`.
   */
  readonly shared?: boolean | undefined;
  /** The addresses of a new memory. Only `'i32'`, the default, is managed by this version. */
  readonly address?: 'i32' | undefined;
  /**
   * First address (in bytes) that the heap may use. What lies before it is never touched: a
   * module's data and stack, say. Default: 16 with the image inside, so that 0 stays free to mean
   * “no address”; 0 with the image outside.
   */
  readonly begin?: number | undefined;
  /**
   * The address after the last one that the heap may use: it never leaves `[begin, end)`, and grows
   * the memory only while that ends before `end`. Default: as far as the memory can grow.
   */
  readonly end?: number | undefined;
  /** Default: `balanced`. */
  readonly policy?: Policy | undefined;
  /** Where the heap keeps its records. Default: `inside`. */
  readonly image?: ImagePlace | undefined;
  /** An address (in bytes) that the heap never grows beyond; see {@link Heap.softMaximum}. */
  readonly softMaximum?: number | undefined;
  /** The most bytes that may be live at once, in whole granules of 16; see {@link Heap.quota}. */
  readonly quota?: number | undefined;
  /**
   * Remember the size that each block was asked for, not only its length in granules of 16 bytes.
   * Costs 4 bits a granule. Default: `false`.
   */
  readonly recordSizes?: boolean | undefined;
  /** What to remember of the blocks that are handed out; see {@link Heap.track}. Default: `false`. */
  readonly track?: Tracking | undefined;
}

/** What goes with an allocation, or picks out blocks. */
export interface TagOptions {
  /** Any text: what the block is for. Remembered where {@link Heap.track} is on. */
  readonly tag?: string | undefined;
}

/** How to allocate a block. */
export interface AllocOptions extends TagOptions {
  /**
   * The block is weak: it is freed when this object has been collected, if it was not before. Without
   * it the block is strong, and lives until it is freed. See {@link Heap.weaken}.
   */
  readonly token?: WeakKey | undefined;
}

/** How to allocate an array. */
export interface ArrayAllocOptions extends AllocOptions {
  /** Bytes from one element to the next; default: the element's length. */
  readonly byteStride?: number | undefined;
}

/** How to join a heap. */
export interface AttachOptions {
  /**
   * Address (in bytes) of the heap's image; a guest that was linked with liballot tells it by its
   * export `allot_image()`. Default: the first image in the memory.
   */
  readonly address?: number | undefined;
  /**
   * Check every invariant of the image before joining: costs time in proportion to the heap.
   * Without it only the image's header is checked; and while other agents share the heap, since what they have
   * half done would look like damage. Default: `true`.
   */
  readonly validate?: boolean | undefined;
  /** As {@link HeapOptions.track}. */
  readonly track?: Tracking | undefined;
}

/** Options, checked, in the form that the core takes them. */
export interface Plan {
  readonly place: ImagePlace;
  readonly memory: WebAssembly.Memory;
  readonly begin: number;
  /** 0: up to the end of the memory, growing it. */
  readonly end: number;
  readonly policy: number;
  readonly flags: number;
  readonly softMaximum: number;
  readonly quota: number;
  readonly track: Tracking;
}

const maximumPages = 65536;

export const heapOptionNames: readonly (keyof HeapOptions)[] = [
  'memory', 'initial', 'maximum', 'shared', 'address', 'begin', 'end', 'policy', 'image', 'softMaximum', 'quota',
  'recordSizes', 'track',
];
const recordSizesFlag = 1;

/** The names of {@link TagOptions}. */
export const tagOptionNames: readonly (keyof TagOptions)[] = ['tag'];

/** The names of {@link AllocOptions}. */
export const allocOptionNames: readonly (keyof AllocOptions)[] = ['tag', 'token'];

/** Checks options and makes the memory if none is given. */
export function readOptions(operation: string, options: HeapOptions): Plan {
  requireObject(operation, options, heapOptionNames);
  // Heap.attach takes it so; ignored here, there would be a heap in another memory.
  if (isMemory(options)) throw makeError('wrong_type', operation, 'options must be { memory }, not a memory');
  const place = requirePlace(operation, options.image ?? 'inside');
  const begin = checkBound(operation, 'begin', options.begin ?? (place === 'inside' ? 16 : 0));
  const end = options.end === undefined ? 0 : checkBound(operation, 'end', options.end);
  if (options.end !== undefined && end <= begin) {
    throw makeError('invalid_span', operation, `begin is ${begin} and end is ${end}`);
  }
  const policyName: unknown = options.policy ?? 'balanced';
  const policy = policies.findIndex((name) => name === policyName);
  if (policy < 0) {
    throw makeError('invalid_policy', operation, `policy is ${describe(policyName)}, not ${policies.join(', ')}`);
  }
  const recordSizes = options.recordSizes ?? false;
  requireType(operation, 'recordSizes', recordSizes, 'boolean');
  const softMaximum = checkLimit(operation, 'softMaximum', options.softMaximum ?? Infinity);
  const quota = checkLimit(operation, 'quota', options.quota ?? Infinity);

  const flags = recordSizes ? recordSizesFlag : 0;
  const track = readTracking(operation, options.track);

  // Last, because a memory may be made here: only for options that will do.
  const memory = options.memory === undefined ? newMemory(operation, options) : givenMemory(operation, options);
  return { place, memory, begin, end, policy, flags, softMaximum, quota, track };
}

/**
 * Refuses anything but an object of options.
 *
 * @param names those that there are; default: any
 */
export function requireObject(operation: string, options: unknown, names?: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw wrongType(operation, 'options', options, 'an object');
  }
  if (names !== undefined) requireNames(operation, options, names);
}

function requirePlace(operation: string, place: unknown): ImagePlace {
  if (place === 'inside' || place === 'outside') return place;
  throw makeError('invalid_option', operation, `image is ${describe(place)}, not 'inside' or 'outside'`);
}

/** What is to be remembered of blocks. */
export function readTracking(operation: string, track: unknown = false): Tracking {
  if (typeof track === 'boolean' || track === 'sites') return track;
  throw makeError('invalid_option', operation, `track is ${describe(track)}, not true, false or 'sites'`);
}

/**
 * The tag in the options of an allocation, or among those that pick out blocks.
 *
 * @param names the options that there are; default: they were looked at before
 */
export function readTag(operation: string, options: TagOptions, names?: readonly string[]): string | undefined {
  requireObject(operation, options, names);
  const { tag } = options;
  if (tag !== undefined) requireType(operation, 'tag', tag, 'string');
  return tag;
}

/**
 * Refuses what cannot go with an allocation, before there is a block.
 *
 * @param names the options that there are; default: they were looked at before
 */
export function requireAllocOptions(operation: string, options: AllocOptions, names?: readonly string[]): void {
  readTag(operation, options, names);
  if (options.token !== undefined) requireToken(operation, options.token);
}

function givenMemory(operation: string, options: HeapOptions): WebAssembly.Memory {
  const { memory, initial, maximum, shared, address } = options;
  if (initial !== undefined || maximum !== undefined || shared !== undefined || address !== undefined) {
    throw makeError('invalid_option', operation, 'initial, maximum, shared and address are for a new memory');
  }
  return requireMemory(operation, memory);
}

function newMemory(operation: string, options: HeapOptions): WebAssembly.Memory {
  const initial = pages(operation, 'initial', options.initial ?? 1);
  const maximum = options.maximum === undefined ? undefined : pages(operation, 'maximum', options.maximum);
  if (maximum !== undefined && maximum < initial) {
    throw makeError('size_too_large', operation, `initial is ${initial} and maximum ${maximum} pages`);
  }
  const shared = options.shared ?? false;
  requireType(operation, 'shared', shared, 'boolean');
  if (shared && maximum === undefined) {
    throw makeError('invalid_option', operation, 'a shared memory needs a maximum');
  }
  const address: unknown = options.address ?? 'i32';
  if (address !== 'i32') throw makeError('unsupported_memory', operation, `address is ${describe(address)}`);
  try {
    return new WebAssembly.Memory(maximum === undefined ? { initial } : { initial, maximum, shared });
  } catch (cause) {
    throw makeError('out_of_memory', operation, `${initial} pages`, undefined, { cause });
  }
}

function pages(operation: string, name: string, value: number): number {
  const count = wholeNumber(operation, name, value);
  if (count <= maximumPages) return count;
  throw makeError('size_too_large', operation, `${name} is ${count} pages; ${maximumPages} is the most`);
}
