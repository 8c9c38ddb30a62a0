// How fast JavaScript reads and writes text in a memory: by the heap's methods, and beside them by the
// platform's codec on a part of one Uint8Array (which goes stale when the memory grows, and which
// browsers refuse for shared and resizable memory).

import { fileURLToPath } from 'node:url';

import { summary } from './measure.mjs';
import { runChild } from './run_child.mjs';
import { layout } from './table.mjs';

const child = fileURLToPath(new URL('strings_child.mjs', import.meta.url));

export const textEncodings = ['utf8', 'ascii', 'latin1', 'utf16', 'utf32'];

/** In bytes. Below 32 allot does the work itself, from there on the platform does. */
export const textLengths = [4, 8, 16, 24, 31, 32, 64, 256, 1024, 16384, 65536];

/** Measures in `processes` processes for each encoding. Gives rows as measure() does. */
export function measureStrings({ processes, encodings = textEncodings, bursts = 60, progress = () => {} }) {
  const samples = new Map();
  for (let turn = 0; turn < processes; turn++) {
    for (const encoding of encodings) {
      progress(`text, ${turn + 1} of ${processes}: ${encoding}`);
      for (const { workload, ...times } of runChild(child, { encoding, lengths: textLengths, bursts })) {
        for (const [who, ns] of Object.entries(times)) {
          const key = JSON.stringify([workload, who]);
          samples.set(key, [...(samples.get(key) ?? []), ns]);
        }
      }
    }
  }
  return [...samples].map(([key, values]) => {
    const [workload, allocator] = JSON.parse(key);
    return { workload, allocator, metric: 'ns_per_op', ...summary(values), unit: 'ns' };
  });
}

/** What measureStrings found: allot, the platform, and how many times as fast allot is. */
export function stringTable(rows) {
  const find = (workload, who) => rows.find((row) => row.workload === workload && row.allocator === who);
  const lines = rows
    .filter(({ allocator }) => allocator === 'allot')
    .map(({ workload, min }) => {
      const platform = find(workload, 'platform')?.min;
      const [encoding, operation, kind, length] = workload.split('/');
      return [
        `${encoding} ${operation}, ${kind}, ${length} B`,
        number(min),
        platform === undefined ? '' : number(platform),
        platform === undefined ? '' : (platform / min).toFixed(2),
      ];
    });
  return `Text, from JavaScript: ns a call, and how many times as fast as the platform's codec\n${layout([['', 'allot', 'platform', 'times'], ...lines])}`;
}

const number = (value) => (value < 100 ? value.toFixed(1) : value.toFixed(0));
