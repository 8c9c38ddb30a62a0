// Workers that allocate and free each other's blocks in one heap, and workers that are terminated while they do.
//
// ALLOT_SOAK_SECONDS: how long each of the tests goes on, if longer than it takes once; then it tells how far it is.
// Usually they take some 20 seconds together in Node 24 and in browsers, which are slow to start workers, and once is
// enough there; in older Nodes less.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { churn, control, ledger, settle } from './support/churn.mjs';
import { makeRandom } from './support/random.mjs';
import { can, setting, startAgent } from './support/runtime.mjs';

const seed = Number(setting('ALLOT_SEED', 20_260_103));
// Browsers take their time to start a worker.
const operations = Math.min(can.workerExit ? 12_000 : 2500, Number(setting('ALLOT_OPERATIONS', Infinity)));
const soakSeconds = Number(setting('ALLOT_SOAK_SECONDS', 0)) || (can.workerExit && can.memory64 ? 3 : 0);
const moment = (milliseconds = 1) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A beat has 20 ms: so many make a second. */
const beatMilliseconds = 20;
const beatsInASecond = 50;

/** A heap with what the agents share in it. */
function makeStage(options) {
  const heap = Heap.createSync({ shared: true, maximum: 1000, ...options });
  const controlAt = heap.calloc(control.words, 4);
  const address = (i) => controlAt + 4 * i;
  const stage = {
    heap,
    controlAt,
    ledgers: [],
    word: (i) => heap.atomics.load('Int32', address(i)),
    add: (i, value) => heap.atomics.add('Int32', address(i), value),
    open(state) {
      heap.atomics.store('Int32', address(control.gate), state);
      heap.atomics.notify('Int32', address(control.gate));
    },
    start(number, given) {
      const ledgerAt = heap.calloc(ledger.words, 4);
      stage.ledgers.push(ledgerAt);
      const { memory } = heap;
      return { ledgerAt, ...startAgent(churn, { memory, controlAt, ledgerAt, control, ledger, seed: seed + 977 * number, ...given }) };
    },
    agentOf: (ledgerAt) => heap.atomics.load('Int32', ledgerAt + 4 * ledger.agent) - 1,
    /** Frees the blocks that an agent had; gives how many. */
    clear(ledgerAt) {
      let count = 0;
      for (let i = 0; i < ledger.most; i++) {
        const p = heap.atomics.exchange('Uint32', ledgerAt + 4 * (ledger.blocks + i), 0);
        if (p !== 0) heap.free(p);
        if (p !== 0) count++;
      }
      return count;
    },
    clearExchange() {
      let count = 0;
      for (let i = 0; i < control.exchanges; i++) {
        const p = heap.atomics.exchange('Uint32', address(control.exchange + i), 0);
        if (p !== 0) heap.free(p);
        if (p !== 0) count++;
      }
      return count;
    },
  };
  return stage;
}

/** Runs something while the beat goes on. */
async function withBeat(stage, body) {
  const timer = setInterval(() => stage.add(control.beat, 1), beatMilliseconds);
  try {
    return await body();
  } finally {
    clearInterval(timer);
  }
}

/** Does something once, or again and again for as long as the tests are to take. */
async function soaking(title, once) {
  const end = performance.now() + 1000 * soakSeconds;
  let told = performance.now();
  let round = 0;
  do {
    await once(round++);
    if (performance.now() > told + 10_000) {
      told = performance.now();
      console.log(`${title}: round ${round}, ${Math.round((end - told) / 1000)} s to go`);
    }
  } while (performance.now() < end);
}

async function tortureOnce(round, agents, options) {
  const stage = makeStage(options);
  const { heap } = stage;
  await withBeat(stage, async () => {
    const given = { operations, largest: 30_000 };
    const workers = Array.from({ length: agents }, (_, i) => stage.start(100 * round + i + 1, given));
    const blocksBefore = heap.stat('blocks');
    const failed = Promise.all(workers.map(({ result }) => result));
    failed.catch(() => stage.open(2));
    const pagesBefore = heap.buffer.byteLength;
    while (stage.word(control.ready) < agents) await Promise.race([moment(), failed]);
    let grown = 0;
    heap.on('grow', () => grown++);
    stage.open(1);
    const tallies = await failed;
    const sum = (name) => tallies.reduce((total, tally) => total + tally[name], 0);
    for (const { ledgerAt } of workers) assert.equal(heap.reap(stage.agentOf(ledgerAt)), true);
    heap.validate();
    const isSettled = settle(heap, Heap, agents);
    heap.validate();
    const { live, free, metadata, managed, blocks } = heap.stats();
    assert.equal(live + free + metadata, managed);
    if (isSettled) assert.equal(blocks - blocksBefore, sum('allocated') - sum('freed'), 'what is left is what was not freed');
    const left = workers.reduce((total, { ledgerAt }) => total + stage.clear(ledgerAt), 0) + stage.clearExchange();
    assert.equal(left, sum('allocated') - sum('freed'), 'and all of it is known to somebody');
    if (settle(heap, Heap, agents)) assert.equal(heap.stat('blocks'), blocksBefore);
    assert.ok(sum('foreign') > sum('freed') / 4, `${sum('foreign')} of ${sum('freed')} were of others`);
    if (sum('refused') === 0) {
      heap.refresh();
      heap.free(heap.malloc(16));
      assert.ok(heap.buffer.byteLength > pagesBefore, 'the memory grew');
      assert.ok(grown > 0, 'and this agent was told');
    }
    for (const { ledgerAt } of workers) {
      const slowest = heap.atomics.load('Int32', ledgerAt + 4 * ledger.slowest);
      assert.ok(slowest < beatsInASecond, `a call took ${slowest} beats of ${beatMilliseconds} ms`);
    }
    heap.validate();
  });
}

/** Ends a worker, and waits until it has ended. */
async function kill(stage, { worker, ledgerAt, end }) {
  const { heap } = stage;
  const agent = stage.agentOf(ledgerAt);
  const ended = can.workerExit ? heap.watch(agent, worker) : heap.watch(agent);
  await moment(0); // the watching has begun
  end();
  assert.equal(await ended, true);
  return agent;
}

async function killOnce(round, kills) {
  const random = makeRandom(seed + round);
  const stage = makeStage({ maximum: 500 });
  const { heap } = stage;
  const given = { operations: Infinity, largest: 30_000, announce: !can.workerExit };
  let number = 1000 * round;
  const start = () => {
    const one = stage.start(++number, given);
    one.result.catch((error) => { if (!one.isKilled) one.error ??= error; });
    return one;
  };
  const joined = async (one) => {
    while (stage.agentOf(one.ledgerAt) < 0) {
      if (one.error) throw one.error;
      await moment();
    }
  };
  await withBeat(stage, async () => {
    const workers = [start(), start(), start()];
    stage.open(1);
    for (const one of workers) await joined(one);
    const dead = [];
    try {
      for (let i = 0; i < kills; i++) {
        await moment(random.below(8));
        const victim = random.below(workers.length);
        const one = workers[victim];
        one.isKilled = true;
        await kill(stage, one);
        dead.push(one);
        // Those who are left go on, and so does this one.
        const before = stage.word(control.beat);
        const p = heap.malloc(1 + random.below(50_000));
        heap.free(p);
        assert.ok(stage.word(control.beat) - before < beatsInASecond);
        workers[victim] = start();
        await joined(workers[victim]);
        for (const other of workers) if (other.error) throw other.error;
      }
      stage.open(2);
      await Promise.all(workers.map(({ result }) => result));
      for (const { ledgerAt } of workers) heap.reap(stage.agentOf(ledgerAt));
      heap.validate();
    } finally {
      stage.open(2);
      for (const one of workers) { one.isKilled = true; one.end(); }
    }
    for (const ledgerAt of stage.ledgers) {
      const slowest = heap.atomics.load('Int32', ledgerAt + 4 * ledger.slowest);
      assert.ok(slowest < beatsInASecond, `a call took ${slowest} beats of ${beatMilliseconds} ms`);
    }
    assert.equal(heap.agents.length, 1, 'nobody else is there');
    for (const ledgerAt of stage.ledgers) stage.clear(ledgerAt);
    stage.clearExchange();
    heap.validate();
    if (!settle(heap, Heap, 8)) return;
    const lost = heap.stat('blocks') - 1 - stage.ledgers.length;
    assert.ok(lost >= 0 && lost <= kills, `${lost} blocks are lost to ${kills} that were killed`);
    const { live, free, metadata, managed } = heap.stats();
    assert.equal(live + free + metadata, managed);
    heap.validate();
  });
}

if (can.sendShared) {
  for (const [agents, policy] of [[2, 'balanced'], [3, 'fast'], [can.workerExit ? 8 : 5, 'balanced'], [2, 'exact']]) {
    test(`${agents} agents torture one heap (${policy})`, () =>
      soaking(`${agents} agents, ${policy}`, (round) => tortureOnce(round, agents, { policy, maximum: 1000 })));
  }

  test('agents torture a heap that has no more memory', () => tortureOnce(0, 3, { maximum: 8 }));

  test('agents that are terminated at work harm nobody', () =>
    soaking('killing', (round) => killOnce(round, can.workerExit ? 15 : 4)));
}
