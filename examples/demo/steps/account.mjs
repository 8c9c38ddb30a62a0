// Do the figures add up, is the heap sound, is anything left? Returns whether all is well.

import { address, bytes, count, table } from '../lib/format.mjs';
import { liveBlocks } from '../lib/leaks.mjs';

const figures = [
  ['blocks', 'live blocks', count],
  ['live', 'bytes in them', bytes],
  ['free', 'free', bytes],
  ['metadata', "the heap's image", bytes],
  ['managed', 'managed: live + free + image', bytes],
  ['linear', 'linear memory, which never shrinks', bytes],
  ['peak', 'most bytes that were live at once', bytes],
  ['largestFree', 'longest run of free memory', bytes],
  ['freeBlocks', 'runs of free memory', count],
  ['grows', 'times the heap took memory', count],
];

export function account(context) {
  const { terminal, guest, before, full, after } = context;
  const moments = [before, full, after];
  terminal.heading('3. Account');
  const rows = figures.map(([name, meaning, show]) => [
    meaning,
    ...moments.map((stats) => show(stats[name])),
  ]);
  const lines = table([['', 'before', 'with the copy', 'after'], ...rows], {
    right: [false, true, true, true],
    width: terminal.width,
  });
  for (const line of lines) terminal.line(line);
  terminal.line();

  const checks = [
    ['the figures add up at each moment', () => moments.every(addsUp)],
    ['every invariant of the heap holds (heap.validate)', () => guest.heap.validate() ?? true],
    ['nothing is left allocated', () => reportLeaks(terminal, guest, liveBlocks(guest))],
  ];
  return checks.map(([what, check]) => report(terminal, what, check)).every(Boolean);
}

const addsUp = (stats) => stats.live + stats.free + stats.metadata === stats.managed;

function report(terminal, what, check) {
  let why = '';
  let good = false;
  try {
    good = check();
  } catch (error) {
    why = error.message;
  }
  const mark = good ? terminal.paint('green', 'yes') : terminal.paint('red', 'NO ');
  terminal.line(`  ${mark} ${what}`);
  if (why) terminal.say(why, { indent: 6, style: 'red' });
  return good;
}

function reportLeaks(terminal, guest, leaks) {
  if (leaks.length === 0) return true;
  const total = leaks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  terminal.line(terminal.paint('red', `  ${count(leaks.length)} blocks (${bytes(total)}) were never freed:`));
  const most = 20;
  const rows = leaks
    .slice(0, most)
    .map(({ byteOffset, byteLength, start }) => [address(byteOffset), bytes(byteLength), start]);
  const lines = table([['address', 'size', 'begins with'], ...rows], {
    right: [false, true, false],
    width: terminal.width,
    indent: 4,
  });
  for (const line of lines) terminal.line(line);
  if (leaks.length > most) terminal.line(`    and ${count(leaks.length - most)} more`);
  return false;
}
