// The workloads by name: which exported functions of workloads.cpp make one up, and what is timed.
//
// A job runs in one set of fresh instances. `prepare(exports)` is not timed; `run(exports, timed)`
// is called once per run, and every `timed(workload, operations, call)` adds to a sample of that row.

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

const vectorRounds = 5;
const vectors = {
  rows: ['W5'],
  space: 'W5',
  prepare() {},
  run(e, timed) {
    for (let round = 0; round < vectorRounds; round++) {
      timed('W5', null, () => e.vector_grow()); // returns how many calls it made
      e.vector_free();
    }
  },
};

export const jobs = [
  ...[16, 64, 256, 4096].map(pairs),
  churn('W2/10k', 'small', 10_000, 1_000_000),
  churn('W2/100k', 'small', 100_000, 1_000_000),
  churn('W3', 'octave', 10_000, 500_000),
  batch,
  vectors,
  churn('W6', 'large', 64, 20_000),
  churn('W7/100', 'small', 100, 1_000_000, true),
  churn('W7/1M', 'small', 1_000_000, 1_000_000),
].map((job, number) => ({ number, instances: 1, ...job }));

export const workloadNames = jobs.flatMap((job) => job.rows);

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
