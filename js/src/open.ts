// Purpose: makes a heap, or joins one that is there, and gives what class Heap needs of it. Each comes
//          twice, as a promise and at once; only the compiling and instantiating differ.
// Floor:   door js.

import { addressLimit, checkAddress, coreLimit, requireType } from './arguments.js';
import { coreError, makeError, trapError } from './errors.js';
import { coreErrorCodes } from './generated/errors.js';
import type { HeapExports } from './generated/exports.js';
import { invariants } from './generated/invariants.js';
import { instantiate, instantiateSync, isShared, manage, requireMemory } from './instance.js';
import { HeapLock, lockedCore, unguardedCore, type GuardedCore } from './lock.js';
import { compile, compileSync, type ImagePlace, type ModuleName } from './module.js';
import { readOptions, readTracking, requireObject, type AttachOptions, type HeapOptions, type Plan } from './options.js';
import type { Tracking } from './tracking.js';
import { addressIn, errorNumberIn, isError } from './result.js';

/** A heap, ready to be used. */
export interface OpenHeap {
  readonly memory: WebAssembly.Memory;
  readonly core: GuardedCore;
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
): Promise<OpenHeap> {
  const wish = readWish(operation, memory, options);
  const core = await instantiate(operation, await compile(moduleFor('inside', wish.memory)), 'inside', memory);
  return joined(operation, wish, core);
}

export function attachSync(
  operation: string,
  memory: WebAssembly.Memory,
  options: AttachOptions,
): OpenHeap {
  const wish = readWish(operation, memory, options);
  return joined(operation, wish, instantiateSync(operation, compileSync(moduleFor('inside', memory)), 'inside', memory));
}

/** The same heap in another memory, which has the same bytes as far as the heap needs them. */
export function reopen(operation: string, open: OpenHeap, memory: WebAssembly.Memory): OpenHeap {
  if (open.place === 'outside') {
    manage(open.core.core, memory);
    return { ...open, memory };
  }
  const core = instantiateSync(operation, compileSync(moduleFor('inside', memory)), 'inside', memory);
  return { ...open, memory, core: guarded(memory, core, open.image) };
}

function moduleFor(place: ImagePlace, memory: WebAssembly.Memory): ModuleName {
  return place === 'inside' && isShared(memory) ? 'shared' : place;
}

/** The core as the heap is to call it: with the lock, where other agents can use the same image. */
function guarded(memory: WebAssembly.Memory, core: HeapExports, image: number): GuardedCore {
  return isShared(memory) ? lockedCore(core, new HeapLock(memory, image)) : unguardedCore(core);
}

function placed(operation: string, plan: Plan, core: HeapExports): OpenHeap {
  const { memory, place, begin, end, policy, flags, quota, track } = plan;
  // Here the core takes this limit as a 32-bit address: one beyond all addresses is none.
  const softMaximum = plan.softMaximum < addressLimit ? coreLimit(plan.softMaximum) : 0;
  const result = core.allot_create(0, begin, end, softMaximum, policy, flags);
  if (isError(result)) throw coreError(errorNumberIn(result), operation);
  const image = addressIn(result);
  if (quota !== Infinity) {
    const status = core.allot_set_quota(image, coreLimit(quota));
    if (status !== 0) throw coreError(status, operation);
  }
  return { memory, core: place === 'inside' ? guarded(memory, core, image) : unguardedCore(core), place, image, track };
}

interface Wish {
  readonly memory: WebAssembly.Memory;
  readonly address: number | undefined;
  readonly validate: boolean;
  readonly track: Tracking;
}

function readWish(operation: string, memory: unknown, options: AttachOptions): Wish {
  const given = requireMemory(operation, memory);
  requireObject(operation, options);
  const validate = options.validate ?? true;
  requireType(operation, 'validate', validate, 'boolean');
  const address = options.address === undefined ? undefined : checkAddress(operation, options.address);
  return { memory: given, address, validate, track: readTracking(operation, options.track) };
}

function joined(operation: string, { memory, address, validate, track }: Wish, core: HeapExports): OpenHeap {
  try {
    const image = address ?? found(operation, core);
    if (image >= memory.buffer.byteLength) {
      throw makeError('not_a_heap', operation, 'the address lies outside the memory', image);
    }
    // Without the lock first: what is no heap must not be written to.
    let status = core.allot_check(image);
    if (coreErrorCodes[status] !== 'corrupt_image' && status !== 0) throw coreError(status, operation, image);
    const shared = guarded(memory, core, image);
    // Another agent may have been at work in a shared one, so that it only seemed damaged.
    if (status !== 0) status = shared.core.allot_check(image);
    if (status !== 0) throw coreError(status, operation, image);
    if (validate) requireSound(operation, shared.core, image);
    return { memory, core: shared, place: 'inside', image, track };
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
