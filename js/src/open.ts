// Purpose: makes a heap, or joins one that is there, and gives what class Heap needs of it. Each comes
//          twice, as a promise and at once; only the compiling and instantiating differ.
// Floor:   door js.

import { addressLimit, checkAddress, coreLimit, requireType } from './arguments.js';
import { coreError, makeError, trapError } from './errors.js';
import type { HeapExports } from './generated/exports.js';
import { invariants } from './generated/invariants.js';
import { instantiate, instantiateSync, requireMemory } from './instance.js';
import { compile, compileSync, type ImagePlace } from './module.js';
import { readOptions, requireObject, type AttachOptions, type HeapOptions, type Plan } from './options.js';
import { addressIn, errorNumberIn, isError } from './result.js';

/** A heap, ready to be used. */
export interface OpenHeap {
  readonly memory: WebAssembly.Memory;
  readonly core: HeapExports;
  readonly place: ImagePlace;
  /** Address of the image: in the memory with `inside`, in the core's own with `outside`. */
  readonly image: number;
}

export async function create(operation: string, options: HeapOptions): Promise<OpenHeap> {
  const plan = readOptions(operation, options);
  const { place, memory } = plan;
  return placed(operation, plan, await instantiate(operation, await compile(place), place, memory));
}

export function createSync(operation: string, options: HeapOptions): OpenHeap {
  const plan = readOptions(operation, options);
  const { place, memory } = plan;
  return placed(operation, plan, instantiateSync(operation, compileSync(place), place, memory));
}

export async function attach(
  operation: string,
  memory: WebAssembly.Memory,
  options: AttachOptions,
): Promise<OpenHeap> {
  const wish = readWish(operation, memory, options);
  const core = await instantiate(operation, await compile('inside'), 'inside', memory);
  return joined(operation, wish, core);
}

export function attachSync(
  operation: string,
  memory: WebAssembly.Memory,
  options: AttachOptions,
): OpenHeap {
  const wish = readWish(operation, memory, options);
  return joined(operation, wish, instantiateSync(operation, compileSync('inside'), 'inside', memory));
}

function placed(operation: string, plan: Plan, core: HeapExports): OpenHeap {
  const { memory, place, begin, end, policy, flags, quota } = plan;
  // Here the core takes this limit as a 32-bit address: one beyond all addresses is none.
  const softMaximum = plan.softMaximum < addressLimit ? coreLimit(plan.softMaximum) : 0;
  const result = core.allot_create(0, begin, end, softMaximum, policy, flags);
  if (isError(result)) throw coreError(errorNumberIn(result), operation);
  const image = addressIn(result);
  if (quota !== Infinity) {
    const status = core.allot_set_quota(image, coreLimit(quota));
    if (status !== 0) throw coreError(status, operation);
  }
  return { memory, core, place, image };
}

interface Wish {
  readonly memory: WebAssembly.Memory;
  readonly address: number | undefined;
  readonly validate: boolean;
}

function readWish(operation: string, memory: unknown, options: AttachOptions): Wish {
  const given = requireMemory(operation, memory);
  requireObject(operation, options);
  const validate = options.validate ?? true;
  requireType(operation, 'validate', validate, 'boolean');
  const address = options.address === undefined ? undefined : checkAddress(operation, options.address);
  return { memory: given, address, validate };
}

function joined(operation: string, { memory, address, validate }: Wish, core: HeapExports): OpenHeap {
  try {
    const image = address ?? found(operation, core);
    if (image >= memory.buffer.byteLength) {
      throw makeError('not_a_heap', operation, 'the address lies outside the memory', image);
    }
    const status = core.allot_check(image);
    if (status !== 0) throw coreError(status, operation, image);
    if (validate) requireSound(operation, core, image);
    return { memory, core, place: 'inside', image };
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
