// What an agent does all the time in the tests of shared heaps: allocates, fills, resizes, checks, frees, and
// exchanges blocks with the others, so that half of all blocks are freed by another agent than allocated them.

import { can } from './runtime.mjs';

/**
 * Reaps all agents but this one, which must have ended, and sees to it that what was freed of their blocks is taken
 * in: what is left of an agent is taken over by the next that joins. Gives whether it could.
 *
 * @param {number} most how many agents there were at most
 */
export function settle(heap, Heap, most) {
  for (const agent of heap.agents) if (agent !== heap.agent.id) heap.reap(agent);
  if (!can.cloneShared) return false;
  const heirs = Array.from({ length: most }, () => Heap.attachSync(structuredClone(heap.memory)));
  for (const heir of heirs) heir.stat('live'); // takes in
  heap.stat('live');
  for (const heir of heirs) heir.detach();
  return true;
}

/** Words of the control block: what the agents share beside the heap. */
export const control = Object.freeze({
  /** 0: wait, 1: go, 2: come to an end. */
  gate: 0,
  /** Counts up while the thread that watches runs: a second without it is no second of anybody's. */
  beat: 1,
  /** How many agents are ready. */
  ready: 2,
  /** Places where blocks are exchanged: the words from here on. */
  exchange: 4,
  exchanges: 32,
  words: 36,
});

/** Words of an agent's ledger: what it is doing, and the blocks that are its own. */
export const ledger = Object.freeze({
  /** Its number + 1, once it has joined. */
  agent: 0,
  operations: 1,
  /** The most beats that one call took. */
  slowest: 2,
  /** Blocks, one word each; 0 where there is none. */
  blocks: 4,
  most: 60,
  words: 64,
});

/**
 * The agent's side; it goes to a worker as text (`startAgent`), and sees nothing but its parameters.
 *
 * A block begins with its length and the number that its pattern begins with. A block stands in the ledger only
 * while nothing is done to it: whoever dies leaves at most one block that stands nowhere.
 *
 * @param {object} given memory, controlAt, ledgerAt, control, ledger, seed, operations (or Infinity), largest, announce
 */
export async function churn(given, { Heap }) {
  const { memory, controlAt, ledgerAt, control, ledger, seed, operations, largest, announce = false } = given;
  const heap = Heap.attachSync(memory, { validate: false });
  const { atomics } = heap;
  if (announce) await heap.announce();
  const word = (i) => ledgerAt + 4 * i;
  let state = seed >>> 0 || 1;
  const below = (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  const tally = { allocated: 0, freed: 0, foreign: 0, refused: 0 };
  const fill = (p, length, first, from = 8) => {
    const bytes = heap.bytes(p, length);
    for (let i = from; i < length; i++) bytes[i] = first + i;
    heap.writeUint32(p, length);
    heap.writeUint32(p + 4, first);
  };
  const check = (p) => {
    const [length, first] = [heap.readUint32(p), heap.readUint32(p + 4)];
    const usable = heap.usableSize(p);
    if (length < 8 || length > usable) throw new Error(`the block at ${p} says ${length} bytes, and has ${usable}`);
    const bytes = heap.bytes(p, length);
    for (let i = 8; i < length; i++) {
      if (bytes[i] !== ((first + i) & 255)) throw new Error(`byte ${i} of the block at ${p} (${length} bytes) is ${bytes[i]}`);
    }
    return { length, first };
  };
  const timed = (call) => {
    const before = atomics.load('Int32', controlAt + 4 * control.beat);
    const result = call();
    const beats = atomics.load('Int32', controlAt + 4 * control.beat) - before;
    if (beats > atomics.load('Int32', word(ledger.slowest))) atomics.store('Int32', word(ledger.slowest), beats);
    return result;
  };
  const size = () => 8 + below(below(30) === 0 ? largest : 400);
  /** Its value, or undefined at the end of memory. */
  const attempt = (call) => {
    try {
      return timed(call);
    } catch (error) {
      if (error.code !== 'out_of_memory') throw error;
      tally.refused++;
      return undefined;
    }
  };
  const make = () => {
    const length = size();
    const how = below(4);
    const p = attempt(() => (how === 0 ? heap.calloc(1, length) : how === 1 ? heap.alignedAlloc(16 << below(5), length) : heap.malloc(length)));
    if (p === undefined) return 0;
    tally.allocated++;
    if (how === 0 && heap.bytes(p, length).some((byte) => byte !== 0)) throw new Error(`calloc at ${p} is not zero`);
    fill(p, length, below(256));
    return p;
  };
  const drop = (p) => {
    check(p);
    timed(() => heap.free(p));
    tally.freed++;
  };
  const resize = (p) => {
    const { length, first } = check(p);
    const wanted = size();
    const q = attempt(() => heap.realloc(p, wanted));
    if (q === undefined) return p;
    const kept = Math.min(length, wanted);
    const bytes = heap.bytes(q, kept);
    for (let i = 8; i < kept; i++) if (bytes[i] !== ((first + i) & 255)) throw new Error(`byte ${i} was lost from ${p} to ${q}`);
    fill(q, wanted, first, kept);
    return q;
  };
  const slot = (i) => word(ledger.blocks + i);
  const take = (i) => atomics.exchange('Uint32', slot(i), 0);
  const put = (i, p) => atomics.store('Uint32', slot(i), p);

  atomics.store('Int32', word(ledger.agent), heap.agent.id + 1);
  atomics.add('Int32', controlAt + 4 * control.ready, 1);
  atomics.notify('Int32', controlAt + 4 * control.ready);
  const gate = () => atomics.load('Int32', controlAt + 4 * control.gate);
  while (gate() === 0) atomics.wait('Int32', controlAt + 4 * control.gate, 0, 100);
  for (let done = 0; done < operations && gate() !== 2; done++) {
    const i = below(ledger.most);
    const p = take(i);
    const action = below(10);
    if (p === 0) put(i, make());
    else if (action < 3) drop(p);
    else if (action < 5) put(i, resize(p));
    else if (action < 9) {
      const taken = atomics.exchange('Uint32', controlAt + 4 * (control.exchange + below(control.exchanges)), p);
      if (taken !== 0) {
        tally.foreign++;
        if (action < 8) drop(taken);
        else put(i, resize(taken));
      }
    } else {
      check(p);
      put(i, p);
    }
    if (below(2000) === 0) heap.merge();
    atomics.store('Int32', word(ledger.operations), done);
  }
  return tally;
}
