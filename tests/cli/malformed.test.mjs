// A malformed file is refused with its name, the offset and the rule, whatever is wrong with it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { build, custom, dataModule, memoryImport, section, text, vector } from '../../js/test/support/modules.mjs';
import { file, run } from './support/command.mjs';
import { crc32 } from './support/crc32.mjs';
import { small } from './support/heaps.mjs';

const snapshot = small().heap.snapshot();
const trace = small().trace;

/** A copy, changed, and with its checksum (and length) renewed. */
function changed(bytes, change, isSealed = true) {
  let copy = Uint8Array.from(bytes);
  const view = () => new DataView(copy.buffer);
  copy = change(copy, view()) ?? copy;
  if (isSealed) view().setUint32(copy.length - 4, crc32(copy.subarray(0, -4)), true);
  return copy;
}
const plus = (bytes, ...more) => Uint8Array.from([...bytes, ...more]);

/** [bytes, offset, rule]; without an offset any will do */
const cases = {
  'an empty file': [new Uint8Array(), 0, /it begins neither as/],
  'a text': [new TextEncoder().encode('hello'), 0, /it begins neither as/],

  'a snapshot that is cut off': [snapshot.subarray(0, 50), 50, /at least 68 bytes/],
  'a snapshot of another version': [changed(snapshot, (b) => void (b[8] = 2)), 8, /version is 2/],
  'a snapshot with another header': [changed(snapshot, (b) => void (b[10] = 63)), 10, /64 bytes/],
  'a snapshot that lost its end': [snapshot.subarray(0, -1), 48, /bytes follow before the checksum/],
  'a damaged snapshot': [changed(snapshot, (b) => void (b[100] ^= 1), false), snapshot.length - 4, /checksum/],
  'a snapshot with unknown flags': [changed(snapshot, (b) => void (b[13] = 1)), 12, /flags/],
  'a snapshot with 64-bit addresses': [changed(snapshot, (b) => void (b[12] |= 8)), 12, /64 bits/],
  'a snapshot of too many pages': [changed(snapshot, (b) => void (b[18] = 2)), 16, /at most 65536 pages/],
  'a snapshot with a maximum below its length': [changed(snapshot, (b) => void (b[24] = 0)), 24, /maximum/],
  'a snapshot with records nowhere': [changed(snapshot, (b) => void (b[40] = 1)), 40, /no memory for records/],
  'a snapshot with an image beyond the memory': [changed(snapshot, (b) => void (b[35] = 9)), 32, /the image lies in the memory/],
  'a snapshot with an unaligned image': [changed(snapshot, (b) => void (b[32] = 17)), 32, /multiple of 16/],
  'a snapshot with something in its spare bytes': [changed(snapshot, (b) => void (b[56] = 1)), 56, /are 0/],
  'a snapshot with an empty run': [changed(snapshot, (b) => void (b[64] = b[65] = 0)), 64, /not empty/],
  'a snapshot with a run that is too long': [changed(snapshot, (b) => b.fill(0x7f, 64, 70).fill(0xff, 64, 69)), 64, /exactly the memory/],
  'a snapshot with a number that is too long': [changed(snapshot, (b) => void b.fill(0xff, 64, 80)), 64, /2\^53 - 1/],
  'a snapshot with more memory than it says': [
    changed(plus(snapshot, 1, 1, 1), (b, view) => void view.setBigUint64(48, BigInt(b.length - 68), true)),
    undefined, /nothing follows the memory/,
  ],

  'a trace that is cut off': [trace.subarray(0, 40), 40, /ends too early/],
  'a trace of another version': [changed(trace, (b) => void (b[8] = 7)), 8, /version is 7/],
  'a trace with unknown flags': [changed(trace, (b) => void (b[10] = 2)), 10, /flags/],
  'a damaged trace': [changed(trace, (b) => void (b[12] = 1), false), trace.length - 4, /checksum/],
  'a trace with an unknown operation': [changed(trace, (b) => void (b[16] = 14)), 16, /no operation 14/],
  'a trace that goes on': [plus(trace, 0), trace.length, /nothing follows/],
  'a trace with another count': [changed(trace, (b) => void (b[b.length - 5] ^= 1)), undefined, /records, and there are/],
  'a trace with an address below 0': [
    changed(plus(trace.subarray(0, 16), 5, 3, 0, 1, 0, 0, 0, 0), () => {}), 17, /between 0 and 2\^53 - 1/,
  ],
  'a trace with a text that is no UTF-8': [
    changed(plus(trace.subarray(0, 16), 13, 1, 0xff, 0, 1, 0, 0, 0, 0), () => {}), 18, /UTF-8/,
  ],

  'a component': [Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), 6, /component/],
  'a module of another version': [Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0), 4, /version is 2/],
  'a module that ends in its preamble': [Uint8Array.of(0, 0x61, 0x73, 0x6d, 1), 5, /ends too early/],
  'a module that ends in a section': [build({ memory: { minimum: 1 } }).subarray(0, -1), undefined, /ends too early/],
  'a section twice': [plus(build({ memory: { minimum: 1 } }), ...section(5, [0])), undefined, /wrong order, or twice/],
  'bytes too many in a section': [plus(build({}), ...section(5, [0, 0])), undefined, /1 bytes too many/],
  'more entries than bytes': [plus(build({}), ...section(5, [100])), undefined, /100 entries follow, in 0 bytes/],
  'limits of an unknown kind': [plus(build({}), ...section(5, [1, 16, 1])), undefined, /limits of kind 16/],
  'pages of an unknown size': [plus(build({}), ...section(5, [1, 8, 1, 20])), undefined, /2 to the 20/],
  'an import of an unknown kind': [plus(build({}), ...section(2, vector([[...text('a'), ...text('b'), 9]]))), undefined, /imports of kind 9/],
  'an export of an unknown kind': [plus(build({}), ...section(7, vector([[...text('a'), 9, 0]]))), undefined, /exports of kind 9/],
  'a name that is no UTF-8': [plus(build({}), ...section(7, vector([[1, 0xff, 0, 0]]))), undefined, /UTF-8/],
  'data of an unknown kind': [plus(build({}), ...section(11, [1, 3])), undefined, /data of kind 3/],
  'data in an unknown place': [plus(build({}), ...section(11, [1, 0, 0xfe])), undefined, /an instruction that this program does not know/],
  'data that end too early': [plus(build({}), ...section(11, [1, 1, 100])), undefined, /ends too early: 100 bytes/],
  'a number that is too long': [plus(build({}), 5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), undefined, /at most 32 bits/],
  'an alignment that is none': [plus([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], ...custom('dylink.0', [1, 4, 0, 32, 0, 0])), undefined, /2 to the 31/],
};

for (const [name, [bytes, offset, rule]] of Object.entries(cases)) {
  test(name, () => {
    const { status, stdout, stderr } = run(['inspect', file('it.bin', bytes)]);
    assert.equal(status, 3, stdout);
    assert.equal(stdout, '');
    const match = /^allot: it\.bin: byte (\d+): (.+)\n$/.exec(stderr);
    assert.ok(match, stderr);
    if (offset !== undefined) assert.equal(Number(match[1]), offset, stderr);
    assert.ok(Number(match[1]) <= bytes.length);
    assert.match(match[2], rule);
  });
}

test('a file of another kind', () => {
  const others = [
    ['replay', snapshot, 'this is a snapshot, and not a trace'],
    ['map', trace, 'this is a trace, and not a snapshot'],
    ['replay', dataModule('x', {}), 'this is a WebAssembly module, and not a trace'],
    ['map', Uint8Array.of(1, 2, 3), 'this is not a snapshot: it begins with other bytes'],
  ];
  for (const [command, bytes, what] of others) {
    const { status, stderr } = run([command, file('other.bin', bytes), ...(command === 'map' ? ['-o', '-'] : [])]);
    assert.equal(status, 3);
    assert.equal(stderr, `allot: other.bin: byte 0: ${what}\n`);
  }
});

test('what is wrong with names takes nothing from a module', () => {
  const bytes = plus(build({ imports: [memoryImport(1)] }), ...custom('name', [7, 100, 1]));
  assert.equal(run(['inspect', file('named.wasm', bytes)]).status, 0);
});

test('every shorter one of a snapshot, a trace and a module is refused, or read', () => {
  for (const bytes of [small({ image: 'outside' }).heap.snapshot().subarray(0, 100), trace.subarray(0, 60), build({ imports: [memoryImport(1)], names: { module: 'x' } })]) {
    for (let length = 0; length < bytes.length; length += 3) {
      const { status } = run(['inspect', file('short.bin', bytes.subarray(0, length))]);
      assert.ok(status === 3 || status === 0, `${length}: ${status}`);
    }
  }
});
