// A snapshot that JavaScript takes is a heap to a native program too, by the host library; and the other way round.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const includes = [`-I${root}core`, `-I${root}host/include`, '-isystem', '/usr/include/utf8cpp'];
const compiler = ['-std=c++20', '-O1', '-g', '-Wall', '-Wextra', '-Werror', ...includes];
const folder = mkdtempSync(join(tmpdir(), 'allot-snapshot-'));
const program = join(folder, 'open_snapshot');
const files = { snapshot: join(folder, 'snapshot'), out: join(folder, 'out') };
let Heap;

before(async () => {
  ({ Heap } = await import('../../js/dist/index.js'));
  const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
  const source = join(root, 'tests/wasm/open_snapshot.cpp');
  execFileSync('clang++-19', [...compiler, ...sanitizers, source, '-o', program], { stdio: 'inherit' });
});
after(() => rmSync(folder, { recursive: true }));

/** CRC-32, four bits at a time. */
const table = Array.from({ length: 16 }, (_, i) => {
  let remainder = i;
  for (let bit = 0; bit < 4; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  return remainder;
});
function crc32(bytes) {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    remainder ^= byte;
    remainder = (remainder >>> 4) ^ table[remainder & 15];
    remainder = (remainder >>> 4) ^ table[remainder & 15];
  }
  return ~remainder >>> 0;
}

function openNatively(snapshot) {
  writeFileSync(files.snapshot, snapshot);
  const { status, stdout, stderr } = spawnSync(program, [files.snapshot, files.out], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  return { status, stderr: stderr.trim(), lines: stdout.trim().split('\n').map((line) => line.split(' ')) };
}

/** The walk as the program writes it, with free neighbours joined, as heap.blocks() has them. */
function joined(lines) {
  const runs = [];
  for (const [kind, address, bytes, checksum] of lines) {
    const last = runs.at(-1);
    const run = { kind, byteOffset: Number(address), byteLength: Number(bytes), checksum: Number(checksum) };
    if (kind === 'free' && last?.kind === 'free') last.byteLength += run.byteLength;
    else runs.push(run);
  }
  return runs;
}

function used(options) {
  const heap = Heap.createSync({ maximum: 60, ...options });
  const blocks = [];
  for (let i = 0; i < 600; i++) {
    const length = i % 50 === 0 ? i * 100 : (i * 7) % 500;
    const p = heap.malloc(length);
    heap.fill(p, length, 1 + (i % 250));
    blocks.push(p);
  }
  for (let i = 0; i < 400; i++) heap.free(blocks.splice((i * 31) % blocks.length, 1)[0]);
  heap.quota = 3_000_000;
  return heap;
}

const kinds = {
  inside: {},
  outside: { image: 'outside' },
  'outside, of a shared memory': { shared: true, image: 'outside' },
  'sizes recorded': { recordSizes: true },
  'for several agents': { shared: true },
};
for (const [kind, options] of Object.entries(kinds)) {
  for (const policy of ['exact', 'compact', 'balanced', 'fast']) {
    for (const free of [true, false]) {
      test(`${kind}, ${policy}${free ? '' : ', without what lies in free blocks'}`, () => {
        const heap = used({ ...options, policy });
        const { status, stderr, lines } = openNatively(heap.snapshot({ free }));
        assert.equal(status, 0, stderr);

        const [[word, place, live, quota, maximum], ...rest] = lines;
        assert.deepEqual([word, place], ['open', heap.image]);
        const figures = ['live', 'quota', 'maximum'].map((name) => heap.stat(name));
        assert.deepEqual([live, quota, maximum].map(Number), figures);
        const walked = joined(rest.filter(([kindOfLine]) => kindOfLine !== 'new'));
        const blocks = [...heap.blocks()];
        assert.deepEqual(walked.map(({ checksum, ...run }) => run), blocks);
        const liveOnes = walked.filter(({ kind: is }) => is === 'live');
        assert.ok(liveOnes.length === 200 && liveOnes.length === heap.stat('blocks'));
        for (const { byteOffset, byteLength, checksum } of liveOnes) {
          assert.equal(crc32(heap.bytes(byteOffset, byteLength)), checksum, `what lies at ${byteOffset}`);
        }

        // Both allocate where the other one does.
        const theirs = rest.filter(([kindOfLine]) => kindOfLine === 'new').map(([, at]) => Number(at));
        assert.deepEqual(theirs, theirs.map((_, i) => heap.malloc(37 * i)));

        // And back.
        const back = Heap.restoreSync(readFileSync(files.out));
        assert.equal(back.buffer.constructor, heap.buffer.constructor);
        liveOnes.forEach(({ byteOffset }, i) => i % 2 === 0 && heap.free(byteOffset));
        assert.deepEqual([...back.blocks()], [...heap.blocks()]);
        theirs.forEach((p, i) => assert.ok(back.bytes(p, 37 * i).every((byte) => byte === (i & 0xff))));
        liveOnes.forEach(({ byteOffset, byteLength }, i) => {
          if (i % 2 === 0) return;
          assert.deepEqual(back.bytes(byteOffset, byteLength), heap.bytes(byteOffset, byteLength));
          back.free(byteOffset);
        });
        for (const p of theirs) back.free(p);
        assert.equal(back.stat('live'), 0);
        back.validate();
      });
    }
  }
}

test('of the agents of a heap the first goes on, and the others’ blocks stay', () => {
  const heap = used({ shared: true });
  const others = [0, 1].map(() => Heap.attachSync(structuredClone(heap.memory)));
  const theirs = others.map((other, i) => other.malloc(5000 + i));
  others[1].detach();
  const { status, stderr, lines } = openNatively(heap.snapshot());
  assert.equal(status, 0, stderr);
  const walked = joined(lines.filter(([word]) => ['live', 'free', 'metadata', 'reserved'].includes(word)));
  // The agent that is no more has left its free pages to nobody.
  const liveOnes = (runs) => runs.filter(({ kind }) => kind === 'live').map(({ byteOffset, byteLength }) => [byteOffset, byteLength]);
  assert.deepEqual(liveOnes(walked), liveOnes([...heap.blocks()]));
  for (const block of theirs) assert.ok(walked.some(({ byteOffset }) => byteOffset === block));

  const back = Heap.restoreSync(readFileSync(files.out));
  back.validate();
  assert.deepEqual(back.agents, [0]);
  assert.equal(back.agent.id, 0);
  for (const { kind, byteOffset } of [...back.blocks()]) if (kind === 'live') back.free(byteOffset);
  assert.equal(Heap.attachSync(structuredClone(back.memory)).agent.id % 128, 1, 'the others’ places are free');
  back.validate();
});

test('a native program goes no further than the limits', () => {
  for (const image of ['inside', 'outside']) {
    const heap = Heap.createSync({ image, initial: 1, maximum: 3 });
    const { status, stderr, lines } = openNatively(heap.snapshot());
    assert.equal(status, 0, stderr);
    const answers = lines.filter(([word]) => word === 'new').map(([, answer]) => answer);
    assert.ok(answers.includes('out_of_memory') && Number(answers[0]) >= 0);
    assert.equal(Heap.restoreSync(readFileSync(files.out)).buffer.byteLength, 3 * 65536);
  }
});

test('a snapshot that is cut off, damaged or of something else is refused there, too', () => {
  const snapshot = Heap.createSync().snapshot();
  const changed = (change) => {
    const bytes = snapshot.slice();
    change(bytes, new DataView(bytes.buffer));
    return bytes;
  };
  const sealed = (change) => changed((bytes, view) => {
    change(bytes, view);
    view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true);
  });
  const cases = [
    [new Uint8Array(), 2, /begins with the bytes/],
    [snapshot.subarray(0, 40), 2, /at least 68 bytes, and this one 40/],
    [snapshot.subarray(0, -1), 2, /says that \d+ bytes follow before the checksum, and \d+ do/],
    [changed((bytes) => (bytes[100] ^= 1)), 2, /checksum .* does not hold/],
    [sealed((bytes) => (bytes[8] = 2)), 2, /its version is 2/],
    [sealed((bytes) => (bytes[12] |= 16)), 2, /flags that version 1 does not know/],
    [sealed((bytes) => (bytes[12] |= 8)), 2, /its addresses have 64 bits/],
    [sealed((_, view) => view.setBigUint64(16, 2n, true)), 2, /ends too early/],
    [sealed((_, view) => view.setBigUint64(32, 65536n, true)), 2, /the image lies in the memory/],
    [sealed((_, view) => view.setBigUint64(32, 4096n, true)), 3, /^not_a_heap$/],
    // The body begins with the runs 16, length: there the header of the image.
    [sealed((bytes) => (bytes[64] = 0)), 2, /ends too early/],
  ];
  for (const [bytes, expected, reason] of cases) {
    const { status, stderr } = openNatively(bytes);
    assert.equal(status, expected, stderr);
    assert.match(stderr, reason);
  }
});

test('the example in the documents compiles', () => {
  const text = readFileSync(join(root, 'docs/snapshot-format.md'), 'utf8');
  const [, example] = /^```cpp\n(.*?)^```/ms.exec(text);
  const source = join(folder, 'example.cpp');
  const used = ['#include <allot/host.hpp>', '#include <vector>'];
  writeFileSync(source, [...used, `void example(const std::vector<allot::u8>& file) {\n${example}\n}`].join('\n'));
  execFileSync('clang++-19', [...compiler, '-fsyntax-only', source], { stdio: 'inherit' });
});
