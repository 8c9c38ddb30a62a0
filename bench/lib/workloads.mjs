// The workloads by name: which exported functions of a guest (guests.mjs) make one up, and what is timed.
//
// A job runs in one set of fresh instances, or in one for each run where it is `fresh`. `prepare(exports, instance, { traces })` is not timed; `run(exports,
// timed, instance, { traces, sum })` is called once per run, and every `timed(workload, operations, call)` adds to a
// sample of that row, or of several. `sum` is told what must be the same with every allocator.

const pairs = (size) => ({
  rows: [`W1/${size}`],
  space: null, // one block: nothing to be tight about
  prepare() {},
  run(e, timed) {
    timed(`W1/${size}`, 2_000_000, (n) => e.pair(size, n));
  },
});

const churn = (name, kind, live, operations, heapBytes = false) => ({
  rows: [name],
  space: name,
  heapBytes,
  prepare: (e) => e[`${kind}_fill`](live),
  run(e, timed) {
    timed(name, operations, (n) => e[`${kind}_churn`](live, n));
  },
});

// How the cost grows with the number of live blocks. Each allocator by itself: four million blocks in each of ten at a
// time would take gigabytes.
const growth = ([label, live]) => ({
  rows: [`growth/${label}`],
  space: `growth/${label}`,
  guest: 'growth',
  apart: live > 1_000_000,
  inQuick: false,
  prepare: (e) => e.tiny_fill(live),
  run(e, timed) {
    timed(`growth/${label}`, 500_000, (n) => e.tiny_churn(live, n));
  },
});

// A round is well under a millisecond with a fast allocator: five of them make a sample.
const batchRounds = 5;
const batchOrders = ['fifo', 'reverse', 'random'];

// One job for all four rows. Each order of freeing has an instance of its own; the malloc row is
// the mean over the three, since how the last batch was freed decides how the next is found.
const batch = {
  rows: ['W4/malloc', ...batchOrders.map((order) => `W4/free-${order}`)],
  space: 'W4',
  instances: batchOrders.length,
  prepare: (e, instance) => e.batch_order(instance),
  run(e, timed, instance) {
    for (let round = 0; round < batchRounds; round++) {
      timed('W4/malloc', 100_000, () => e.batch_malloc());
      timed(`W4/free-${batchOrders[instance]}`, 100_000, () => e.batch_free());
    }
  },
};

// A heap that has nothing yet and takes all that it needs: what a program's beginning costs, and a short one as a whole. The
// pages that the system lends for that are part of it, for all allocators alike.
const first = (workload, prepare, fill) => ({
  rows: [`first/${workload}`],
  space: null,
  fresh: true,
  prepare,
  run(e, timed) {
    timed(`first/${workload}`, 100_000, () => fill(e));
  },
});

const vectorRounds = 5;
// All vectors together get to 64 MiB in 64 × 17 calls.
const bytesACall = (64 * 1024 * 1024) / (64 * 17);
const vectors = {
  rows: ['W5'],
  space: 'W5',
  derived: { mb_per_s: { unit: 'MB/s', of: (ns) => (bytesACall / ns) * 1000 } },
  prepare() {},
  run(e, timed) {
    for (let round = 0; round < vectorRounds; round++) {
      timed('W5', null, () => e.vector_grow()); // returns how many calls it made
      e.vector_free();
    }
  },
};

// A real program. An operation is one of its calls to malloc, realloc or free, the program's own work included.
const program = (name) => ({
  rows: [name],
  space: name,
  guest: name,
  traces: [name],
  prepare() {},
  run(e, timed, _, { traces, sum }) {
    timed(name, traces[name].calls, () => sum(e.work()));
  },
  peak: (e, _, { traces }) => traces[name].peak,
});

// Derived from the time of a row: of the same samples, in another unit.
const callsASecond = { mops: { unit: 'Mop/s', of: (ns) => 1000 / ns } };

// The calls alone, of both programs: each in an instance of its own.
const replayed = ['sqlite', 'lua'];
const replayRounds = { sqlite: 5, lua: 1 }; // SQLite's calls are few: once would be over in a millisecond or two
const replay = {
  rows: ['replay', ...replayed.map((name) => `replay/${name}`)],
  space: 'replay',
  parts: replayed.map((name) => `replay/${name}`), // each instance's own row
  guest: 'replay',
  traces: replayed,
  derived: callsASecond,
  instances: replayed.length,
  prepare(e, instance, { traces }) {
    const { calls, slots, data } = traces[replayed[instance]];
    new Uint32Array(e.memory.buffer, e.room_for(calls, slots) >>> 0, data.length).set(data);
  },
  run(e, timed, instance, { traces }) {
    const name = replayed[instance];
    for (let round = 0; round < replayRounds[name]; round++) {
      timed(['replay', `replay/${name}`], traces[name].calls, () => e.replay());
    }
  },
  peak: (e, instance, { traces }) => traces[replayed[instance]].peak,
};

export const jobs = [
  ...[16, 64, 256, 4096].map(pairs),
  churn('W2/1k', 'small', 1_000, 1_000_000),
  churn('W2/10k', 'small', 10_000, 1_000_000),
  churn('W2/100k', 'small', 100_000, 1_000_000),
  churn('W3', 'octave', 10_000, 500_000),
  batch,
  vectors,
  churn('W6', 'large', 64, 20_000),
  churn('W7/100', 'small', 100, 1_000_000, true),
  churn('W7/1M', 'small', 1_000_000, 1_000_000),
  program('sqlite'),
  program('lua'),
  replay,
  first('W2', () => {}, (e) => e.small_fill(100_000)),
  first('W4', (e) => e.batch_order(0), (e) => e.batch_malloc()),
  ...Object.entries({ 100: 100, '10k': 10_000, '100k': 100_000, '1M': 1_000_000, '4M': 4_000_000 }).map(growth),
].map((job, number) => ({
  number, instances: 1, fresh: false, guest: 'workloads', traces: [], apart: false, inQuick: true, peak: (e) => e.peak_bytes(), ...job,
}));

export const workloadNames = jobs.flatMap((job) => job.rows);

/** Those for which a quick run has the time. */
export const quickNames = jobs.filter(({ inQuick }) => inQuick).flatMap((job) => job.rows);

/** The names meant by `wanted`; 'W4' stands for all of W4/…. Throws for one that means nothing. */
export function selectNames(wanted, known = workloadNames) {
  const means = (word, name) => name === word || name.startsWith(`${word}/`);
  for (const word of wanted) {
    if (!known.some((name) => means(word, name))) {
      throw new RangeError(`no workload '${word}'; there are ${known.join(' ')}`);
    }
  }
  return known.filter((name) => wanted.some((word) => means(word, name)));
}

/** The jobs that make the named rows, and of them only those rows. */
export function selectJobs(names) {
  return jobs
    .map((job) => ({ ...job, rows: job.rows.filter((row) => names.includes(row)) }))
    .filter((job) => job.rows.length > 0);
}
