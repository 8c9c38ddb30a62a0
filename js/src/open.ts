// Purpose: makes a heap, or joins one that is there, and gives what class Heap needs of it. Each comes
//          twice, as a promise and at once; only the compiling and instantiating differ.
// Floor:   door js.

import { addressLimit, checkAddress, coreLimit, requireType } from './arguments.js';
import { coreError, makeError, trapError } from './errors.js';
import type { HeapExports, SharedHeapExports } from './generated/exports.js';
import { invariants } from './generated/invariants.js';
import { instantiate, instantiateSync, isShared, manage, requireMemory } from './instance.js';
import { compile, compileSync, type ImagePlace, type ModuleName } from './module.js';
import { readOptions, readTracking, requireObject, type AttachOptions, type HeapOptions, type Plan } from './options.js';
import { agentsIn, Sharers } from './sharing.js';
import type { Tracking } from './tracking.js';
import { addressIn, errorNumberIn, isError } from './result.js';

/** A heap, ready to be used. */
export interface OpenHeap {
  readonly memory: WebAssembly.Memory;
  readonly core: HeapExports;
  /** The agents that use it at once; `undefined` where there is but one. */
  readonly sharers?: Sharers | undefined;
  readonly place: ImagePlace;
  /** Address of the image: in the memory with `inside`, in the core's own with `outside`. */
  readonly image: number;
  readonly track: Tracking;
}

export async function create(operation: string, options: HeapOptions): Promise<OpenHeap> {
  const plan = readOptions(operation, options);
  const { place, memory } = plan;
  return placed(operation, plan, await instantiate(operation, await compile(moduleFor(place, memory)), place, memory));
}

export function createSync(operation: string, options: HeapOptions): OpenHeap {
  const plan = readOptions(operation, options);
  const { place, memory } = plan;
  return placed(operation, plan, instantiateSync(operation, compileSync(moduleFor(place, memory)), place, memory));
}

export async function attach(
  operation: string,
  memory: WebAssembly.Memory,
  options: AttachOptions,
  isQuiet = false,
): Promise<OpenHeap> {
  const wish = readWish(operation, memory, options, isQuiet);
  const core = await instantiate(operation, await compile(moduleFor('inside', wish.memory)), 'inside', memory);
  return joined(operation, wish, core);
}

export function attachSync(
  operation: string,
  memory: WebAssembly.Memory,
  options: AttachOptions,
  isQuiet = false,
): OpenHeap {
  const wish = readWish(operation, memory, options, isQuiet);
  return joined(operation, wish, instantiateSync(operation, compileSync(moduleFor('inside', memory)), 'inside', memory));
}

/** The same heap in another memory, which has the same bytes as far as the heap needs them. */
export function reopen(operation: string, open: OpenHeap, memory: WebAssembly.Memory): OpenHeap {
  if (open.place === 'outside') {
    manage(open.core, memory);
    return { ...open, memory };
  }
  const core = instantiateSync(operation, compileSync(moduleFor('inside', memory)), 'inside', memory);
  return { ...open, memory, core };
}

function moduleFor(place: ImagePlace, memory: WebAssembly.Memory): ModuleName {
  return place === 'inside' && isShared(memory) ? 'shared' : place;
}

/** Where an image says what was found wrong with it; docs/heap-image.md. */
const violationOffset = 712;

/**
 * The agent that a thread is in the heap of a memory object and an image: all its `Heap` objects of these are one
 * agent to the others.
 */
const agents = /* @__PURE__ */ new WeakMap<WebAssembly.Memory, Map<number, WeakRef<Sharers>>>();

function remember(memory: WebAssembly.Memory, image: number, sharers: Sharers): Sharers {
  const images = agents.get(memory) ?? new Map<number, WeakRef<Sharers>>();
  agents.set(memory, images.set(image, new WeakRef(sharers)));
  sharers.leaveWhenUnused();
  return sharers;
}

function placed(operation: string, plan: Plan, core: HeapExports): OpenHeap {
  const { memory, place, begin, end, policy, flags, quota, track } = plan;
  // Here the core takes this limit as a 32-bit address: one beyond all addresses is none.
  const softMaximum = plan.softMaximum < addressLimit ? coreLimit(plan.softMaximum) : 0;
  const result = core.allot_create(0, begin, end, softMaximum, policy, flags);
  if (isError(result)) throw coreError(errorNumberIn(result), operation);
  const image = addressIn(result);
  agents.get(memory)?.get(image)?.deref()?.forget(); // a heap that was there before
  if (quota !== Infinity) {
    const status = core.allot_set_quota(image, coreLimit(quota));
    if (status !== 0) throw coreError(status, operation);
  }
  if (place === 'outside' || !isShared(memory)) return { memory, core, place, image, track };
  const sharers = remember(memory, image, Sharers.first(core as SharedHeapExports, memory, image));
  return { memory, core: sharers.core, sharers, place, image, track };
}

interface Wish {
  readonly memory: WebAssembly.Memory;
  readonly address: number | undefined;
  readonly validate: boolean;
  /** Whether nobody is at work, whatever the image says of agents. */
  readonly isQuiet: boolean;
  readonly track: Tracking;
}

function readWish(operation: string, memory: unknown, options: AttachOptions, isQuiet: boolean): Wish {
  const given = requireMemory(operation, memory);
  requireObject(operation, options, ['address', 'validate', 'track']);
  const validate = options.validate ?? true;
  requireType(operation, 'validate', validate, 'boolean');
  const address = options.address === undefined ? undefined : checkAddress(operation, options.address);
  return { memory: given, address, validate, isQuiet, track: readTracking(operation, options.track) };
}

function joined(operation: string, { memory, address, validate, isQuiet, track }: Wish, core: HeapExports): OpenHeap {
  try {
    const image = address ?? found(operation, core);
    if (image >= memory.buffer.byteLength) {
      throw makeError('not_a_heap', operation, 'the address lies outside the memory', image);
    }
    const status = core.allot_check(image);
    if (status !== 0) throw coreError(status, operation, image);
    if (!isShared(memory)) {
      if (validate) requireSound(operation, core, image);
      return { memory, core, place: 'inside', image, track };
    }
    const known = agents.get(memory)?.get(image)?.deref();
    if (known?.isHere === true) return { memory, core: known.core, sharers: known, place: 'inside', image, track };
    const shared = core as SharedHeapExports;
    // While others are at work, what they have half done would look like damage.
    if (validate && (isQuiet || agentsIn(shared, image).length === 0)) {
      // An image that is refused stays as it was, to the last byte.
      const violation = new BigUint64Array(memory.buffer, image + violationOffset, 1);
      const [before = 0n] = violation;
      try {
        requireSound(operation, core, image);
      } catch (error) {
        violation[0] = before;
        throw error;
      }
    }
    const become = isQuiet ? 'resume' : 'join';
    const sharers = remember(memory, image, Sharers[become](operation, shared, memory, image));
    return { memory, core: sharers.core, sharers, place: 'inside', image, track };
  } catch (error) {
    throw trapError(error, operation);
  }
}

function found(operation: string, core: HeapExports): number {
  const result = core.allot_find(0);
  if (isError(result)) throw coreError(errorNumberIn(result), operation);
  return addressIn(result);
}

/** Refuses an image that breaks an invariant, and says which. */
export function requireSound(operation: string, core: HeapExports, image: number): void {
  const broken = core.allot_validate(image) >>> 0;
  if (broken === 0) return;
  const rule = invariants[broken] ?? 'unknown to this version';
  throw makeError('corrupt_image', operation, `invariant ${broken} is broken: ${rule}`, image);
}
