// The same workload with allot's malloc and with wasi-libc's: runs in turn in one process, each in a fresh
// guest.

import { startGuest, startTracedGuest } from './guest.mjs';
import { replay } from './trace.mjs';
import { phases, runWorkload } from './workload.mjs';

export const contenders = ['allot', 'dlmalloc'];

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * @param warm the contenders whose code has run already, and so was compiled to its best
 * @returns for each contender: the median milliseconds of each phase, of all of them (`total`) and of the
 * calls of malloc alone (`calls`), and the pages of memory taken at the end; and how many calls there were
 */
export async function compare(dataset, { runs, warm = [], progress }) {
  const records = { allot: [], dlmalloc: [] };
  for (const kind of contenders) {
    progress?.('warming up');
    if (!warm.includes(kind)) await once(kind, dataset);
  }
  progress?.("recording the workload's calls to malloc and free");
  const traced = await startTracedGuest();
  runWorkload(traced, dataset);
  const inTurn = async (rounds, what, work) => {
    for (let round = 0; round < rounds; round++) {
      // Who goes first changes from round to round.
      for (const kind of round % 2 ? [...contenders].reverse() : contenders) {
        progress?.(`${what} ${round + 1} of ${rounds}, ${kind}`);
        await work(kind);
      }
    }
  };
  await inTurn(runs, 'run', async (kind) => records[kind].push(await once(kind, dataset)));
  const calls = { allot: [], dlmalloc: [] };
  // Short, and so easily disturbed: twice as often, and the first round, in which the code is cold, does not
  // count.
  await inTurn(2 * runs + 1, 'replay', async (kind) =>
    calls[kind].push(await replayOnce(kind, traced.trace)),
  );

  const summary = { calls: traced.trace.count, runs };
  const figures = [...phases.map(({ name }) => name), 'total', 'pages'];
  for (const kind of contenders) {
    const over = (figure) => median(records[kind].map((record) => record[figure]));
    summary[kind] = Object.fromEntries(figures.map((figure) => [figure, over(figure)]));
    summary[kind].calls = median(calls[kind].slice(1));
  }
  return summary;
}

async function replayOnce(kind, trace) {
  const guest = await startGuest(kind);
  await pause();
  return replay(guest, trace);
}

async function once(kind, dataset) {
  const guest = await startGuest(kind);
  await pause();
  const { milliseconds } = runWorkload(guest, dataset);
  const total = Object.values(milliseconds).reduce((sum, time) => sum + time, 0);
  return { ...milliseconds, total, pages: guest.pages() };
}

// The event loop gets a turn: progress can be shown, and the last guest's memory be given back.
const pause = () => new Promise((resolve) => setImmediate(resolve));
