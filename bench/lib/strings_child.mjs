// One process of measuring text: one encoding, allot beside the platform's codec, in short bursts that
// take turns, so that a busy machine hits both and leaves some bursts of each alone.
//
// Told by its parent through one JSON argument; answers with one line of JSON:
// [{ workload, allot, platform }], nanoseconds a call, least of all bursts; `platform` where there is one.

import { setTimeout as sleep } from 'node:timers/promises';

import { Heap } from '../../js/dist/index.js';

const order = JSON.parse(process.argv[2]);
const { lengths, bursts } = order;
// A name as programs have it: strings made from JSON are compared letter by letter, which costs 5 ns.
const encoding = ['ascii', 'latin1', 'utf8', 'utf16', 'utf32'].find((name) => name === order.encoding);
const unit = { utf16: 2, utf32: 4 }[encoding] ?? 1;
const burstMilliseconds = 0.1;

// A memory that has grown: V8 does without some checks as long as no buffer was ever detached, which
// no program with a growing heap can hope for.
const heap = Heap.createSync({ initial: 1, maximum: 200 });
heap.memory.grow(127);
const bytes = new Uint8Array(heap.buffer);
const units = new Uint16Array(heap.buffer);
const base = 2 ** 20;

// The platform has no ASCII of its own; of what does the same, UTF-8 is the fastest.
const label = { ascii: 'utf-8', latin1: 'latin1', utf8: 'utf-8', utf16: 'utf-16le' }[encoding];
const decoder = label && new TextDecoder(label, { ignoreBOM: true });
const encoder = new TextEncoder();
const canEncode = encoding === 'utf8' || encoding === 'ascii';

const pieces = { ascii: 'The quick brown fox jumps over the lazy dog. ', mixed: 'Grüße, 日本 😀 text ', latin: 'Grüße aus Köln, ' };
const kinds = { ascii: ['ascii'], latin1: ['ascii', 'latin'], utf8: ['ascii', 'mixed'], utf16: ['ascii', 'mixed'], utf32: ['ascii', 'mixed'] };

/** A text that takes so many bytes. */
function textOf(kind, byteLength) {
  const characters = [...pieces[kind]];
  let [text, taken] = ['', 0];
  for (let i = 0; ; i++) {
    const character = characters[i % characters.length];
    const length = heap.writeString(base, character, encoding);
    if (taken + length > byteLength) break;
    text += character;
    taken += length;
  }
  return text + 'x'.repeat((byteLength - taken) / unit);
}

/** A copy that is one run of characters to the engine. */
const flat = (text) => [...text].join('');

let sink = 0;
const reading = (call) => (count) => {
  for (let i = 0; i < count; i++) sink += call(base + (i & 7) * (lastLength + 64)).charCodeAt(0);
};
const writing = (call, texts) => (count) => {
  for (let i = 0; i < count; i++) sink += call(base + ((i * 16) & 1023), texts[i & 15]);
};
const lastLength = Math.ceil(Math.max(...lengths) / 64) * 64;

// All ways at all lengths are warmed up before any is measured: the engine then has compiled its best
// code, in the background, for what a program does that uses more than one of them.
const races = [];
for (const kind of kinds[encoding]) {
  for (const length of lengths.filter((count) => count % unit === 0)) {
    const texts = Array.from({ length: 16 }, () => flat(textOf(kind, length)));
    const prepare = () => {
      for (let i = 0; i < 8; i++) heap.writeCString(base + i * (lastLength + 64), texts[i], encoding);
    };
    const endOf = unit === 1 ? (at) => bytes.indexOf(0, at) : (at) => 2 * units.indexOf(0, at / 2);
    const ways = {
      read: {
        allot: reading((at) => heap.readString(at, length, encoding)),
        platform: decoder && reading((at) => decoder.decode(bytes.subarray(at, at + length))),
      },
      'read to 0': {
        allot: reading((at) => heap.readCString(at, encoding)),
        platform: decoder && reading((at) => decoder.decode(bytes.subarray(at, endOf(at)))),
      },
      write: {
        allot: writing((at, text) => heap.writeString(at, text, encoding), texts),
        platform: canEncode && writing((at, text) => encoder.encodeInto(text, bytes.subarray(at)).written, texts),
      },
    };
    ways['write tight'] = {
      allot: writing((at, text) => heap.writeString(at, text, encoding, length), texts),
      platform: ways.write.platform,
    };
    for (const [way, { allot, platform }] of Object.entries(ways)) {
      const loops = { allot, ...(platform && { platform }) };
      races.push({ workload: `${encoding}/${way}/${kind}/${length}`, length, prepare, loops });
    }
  }
}
for (let i = 0; i < 3; i++) {
  for (const { length, prepare, loops } of races) {
    prepare();
    for (const loop of Object.values(loops)) loop(length < 1024 ? 2000 : 200);
  }
  await sleep(50);
}
const rows = races.map(({ workload, prepare, loops }) => {
  prepare();
  return { workload, ...least(loops) };
});
console.log(JSON.stringify(rows));
if (sink === 1) console.error('never so');

/** The least time of a call in each loop, in nanoseconds. */
function least(loops) {
  const counts = {};
  const times = {};
  for (const [name, loop] of Object.entries(loops)) {
    let count = 16;
    loop(200);
    for (; time(loop, count) < burstMilliseconds; count *= 2);
    counts[name] = count;
    times[name] = Infinity;
  }
  for (let i = 0; i < bursts; i++) {
    for (const [name, loop] of Object.entries(loops)) {
      times[name] = Math.min(times[name], (time(loop, counts[name]) * 1e6) / counts[name]);
    }
  }
  return times;
}

function time(loop, count) {
  const begin = performance.now();
  loop(count);
  return performance.now() - begin;
}
