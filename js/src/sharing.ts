// Purpose: a heap in a shared memory, as one of the agents that use it at once: its instance of the core is an
//          agent of the heap, with pages of its own. docs/threads.md says how they get along.
// Floor:   door js.

import { isAgentNumber, mostAgents } from './agents.js';
import { coreError, makeError } from './errors.js';
import { coreErrorNumbers } from './generated/errors.js';
import type { HeapExports, SharedHeapExports } from './generated/exports.js';
import { imageWords } from './generated/image-words.js';
import { errorNumberIn, isError } from './result.js';

/** How long an agent that may not wait in the engine tries to get the lock, in milliseconds. */
const patienceMilliseconds = 2000;

/** What the core says where no agent is at work. */
const nobody = 2 ** 32 - 1;

const mayBlockFlag = 1;

/** The agents of a heap in a shared memory. */
export class Sharers {
  /** The instance of this agent. */
  readonly core: HeapExports;
  /** The number of this agent. */
  readonly agent: number;
  readonly #membership: Membership;
  #isHere = true;

  private constructor(membership: Membership, agent: number) {
    this.core = patientCore(membership);
    this.agent = agent;
    this.#membership = membership;
  }

  /** Makes an instance an agent of a heap that is there. */
  static join(operation: string, core: SharedHeapExports, memory: WebAssembly.Memory, image: number): Sharers {
    requireSaneLock(operation, memory, image);
    const maySleep = mayBlock(memory);
    const ask = (): number => core.allot_attach(image, maySleep ? mayBlockFlag : 0);
    // Who is no agent yet does not sleep in the core.
    const result = patiently(false, maySleep ? () => afterAWait(memory, image, ask) : ask, isHeldCount, ask());
    if (result < 0) throw heldError(core, image, -result, operation);
    return new Sharers({ core, image, maySleep }, result);
  }

  /**
   * Makes an instance an agent of a heap that was copied from another one: the first of those that were there, as it
   * was. The others are no more.
   */
  static resume(operation: string, core: SharedHeapExports, memory: WebAssembly.Memory, image: number): Sharers {
    const [first, ...others] = agentsIn(core, image);
    if (first === undefined) return Sharers.join(operation, core, memory, image);
    core.allot_resume(image, first);
    const sharers = Sharers.first(core, memory, image);
    for (const other of others) sharers.reap(operation, other);
    return sharers;
  }

  /** For an instance that has made the heap, and is an agent by that. */
  static first(core: SharedHeapExports, memory: WebAssembly.Memory, image: number): Sharers {
    const maySleep = mayBlock(memory);
    core.allot_may_block(image, maySleep ? 1 : 0);
    return new Sharers({ core, image, maySleep }, core.allot_agent(image));
  }

  /** The numbers of all: also of one that ended while it came or went, if it has the lock. */
  list(): number[] {
    const { core, image } = this.#membership;
    const agents = agentsIn(core, image);
    const holder = lockHolder(core, image);
    if (holder >= 0 && isAgentNumber(holder) && !agents.includes(holder)) agents.push(holder);
    return agents;
  }

  /**
   * Tidies up after an agent that is no more; gives whether there was such an agent.
   *
   * @param agent {@link mostAgents}: one that died while it joined
   */
  reap(operation: string, agent: number): boolean {
    if (agent !== mostAgents && !isAgentNumber(agent)) return false;
    const { core, image, maySleep } = this.#membership;
    const result = patiently(maySleep, () => core.allot_reap(image, agent), isHeldCount);
    if (result >= 0) return true;
    if (-result === coreErrorNumbers.no_such_agent) return false;
    throw heldError(core, image, -result, operation);
  }

  /** Takes in what others have freed of this agent's blocks. */
  collect(): void {
    this.#membership.core.allot_collect(this.#membership.image);
  }

  /** This is no agent of the heap any more. */
  leave(operation: string): void {
    const { core, image, maySleep } = this.#membership;
    const status = patiently(maySleep, () => core.allot_detach(image), isHeldStatus);
    if (status !== 0 && status !== coreErrorNumbers.not_attached) throw heldError(core, image, status, operation);
    this.forget();
  }

  /** There is no such heap any more. */
  forget(): void {
    this.#isHere = false;
    unused.unregister(this);
  }

  /** Whether this is still an agent of the heap, as far as it knows. */
  get isHere(): boolean {
    return this.#isHere;
  }

  /**
   * Asks again after a call that gives an address was refused the lock.
   *
   * @param result what it gave
   */
  again(result: number, ask: () => number): number {
    return patiently(this.#membership.maySleep, ask, isHeldResult, result);
  }

  /** The error for a number, with the lock's holder where that is what it is about. */
  error(number: number, operation: string, address?: number): Error {
    return heldError(this.#membership.core, this.#membership.image, number, operation, address);
  }

  /** When nobody has this any more, its pages are to be others'. */
  leaveWhenUnused(): void {
    unused.register(this, { ...this.#membership, agent: this.agent }, this);
  }
}

/** What is left of a {@link Sharers} that was collected. */
interface Membership {
  readonly core: SharedHeapExports;
  readonly image: number;
  readonly maySleep: boolean;
}

// What cannot be given back, as the lock is held, is found by whoever reaps. Of an agent that was reaped there is nothing
// to give back, and its record may be another one's.
const unused = /* @__PURE__ */ new FinalizationRegistry<Membership & { readonly agent: number }>(
  ({ core, image, agent }) => {
    if (agentsIn(core, image).includes(agent)) core.allot_detach(image);
  },
);

/** The agents of a heap that are at work, as far as it knows. */
export function agentsIn(core: SharedHeapExports, image: number): number[] {
  return Array.from({ length: mostAgents }, (_, slot) => core.allot_agent_at(image, slot) >>> 0).filter(
    (agent) => agent !== nobody,
  );
}

/** Whether this thread may sleep. */
function mayBlock(memory: WebAssembly.Memory): boolean {
  try {
    const word = new Int32Array(memory.buffer, 0, 1);
    // Whatever it holds, it is not waited for.
    Atomics.wait(word, 0, ~Atomics.load(word, 0), 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Asks again while the lock is another agent's. One that may sleep has waited in the core by then, for five seconds;
 * one that may not has only looked for some milliseconds, and looks again for as long as a page can bear it.
 */
function patiently(maySleep: boolean, ask: () => number, isHeld: (result: number) => boolean, first = ask()): number {
  let result = first;
  const end = Date.now() + patienceMilliseconds;
  while (isHeld(result) && !maySleep && Date.now() < end) result = ask();
  return result;
}

const held = coreErrorNumbers.lock_held;

/** What the lock holds when somebody waits for it. */
const waitedBit = 2 ** 31;

/** Refuses a lock whose holder cannot be: nobody would ever give it back. */
function requireSaneLock(operation: string, memory: WebAssembly.Memory, image: number): void {
  const seen = Atomics.load(new Uint32Array(memory.buffer, image + imageWords.lock, 1), 0);
  // One more for an agent that is about to join.
  if (seen % waitedBit <= mostAgents + 1) return;
  throw makeError('corrupt_image', operation, `the lock holds ${seen}`, image);
}

/** Sleeps for a moment if the lock is held, and asks then. */
function afterAWait(memory: WebAssembly.Memory, image: number, ask: () => number): number {
  const word = new Int32Array(memory.buffer, image + imageWords.lock, 1);
  const seen = Atomics.load(word, 0);
  if (seen !== 0) Atomics.wait(word, 0, seen, 10);
  return ask();
}

/** Of a call that gives an address. */
function isHeldResult(result: number): boolean {
  return isError(result) && errorNumberIn(result) === held;
}

function isHeldCount(result: number): boolean {
  return result === -held;
}

function isHeldStatus(status: number): boolean {
  return status === held;
}

/** The same core; what is rarely called asks again by itself. What is often called goes straight to it. */
function patientCore({ core, maySleep }: Membership): HeapExports {
  return {
    ...core,
    allot_grow: (heap, pages) => patiently(maySleep, () => core.allot_grow(heap, pages), isHeldCount),
    allot_reserve: (heap, begin, end) => patiently(maySleep, () => core.allot_reserve(heap, begin, end), isHeldStatus),
    allot_unreserve: (heap, begin) => patiently(maySleep, () => core.allot_unreserve(heap, begin), isHeldStatus),
    allot_set_maximum: (heap, bytes) => patiently(maySleep, () => core.allot_set_maximum(heap, bytes), isHeldStatus),
    allot_set_quota: (heap, bytes) => patiently(maySleep, () => core.allot_set_quota(heap, bytes), isHeldStatus),
  };
}

/** The number of the agent that holds the lock; -1 when nobody does, {@link mostAgents} when it is one that joins. */
function lockHolder(core: SharedHeapExports, image: number): number {
  return (core.allot_lock_holder(image) >>> 0) - 1;
}

function heldError(core: SharedHeapExports, image: number, number: number, operation: string, address?: number): Error {
  if (number !== held) return coreError(number, operation, address);
  const holder = lockHolder(core, image);
  if (holder > mostAgents && !isAgentNumber(holder)) return makeError('corrupt_image', operation, `the lock holds ${holder + 1}`, address);
  const who = holder === mostAgents ? 'one that is about to join' : `agent ${holder}`;
  return makeError('lock_held', operation, holder < 0 ? '' : who);
}
