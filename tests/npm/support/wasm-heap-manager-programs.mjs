// Random programs for two implementations of wasm-heap-manager: seeded, and of valid operations only. A program
// records what each step gave; of two right implementations, and the same heap, the records are equal.

import { makeRandom } from '../../../js/test/support/random.mjs';

const numbers = [
  'Int8',
  'Uint8',
  'Uint8Clamped',
  'Int16',
  'Uint16',
  'Int32',
  'Uint32',
  'Float32',
  'Float64',
  'Pointer32',
  'Pointer53',
];
const bigints = ['BigInt64', 'BigUint64', 'Pointer64'];
const bytesOf = (name) => Number(/\d+/.exec(name)[0] === '53' ? 64 : /\d+/.exec(name)[0]) / 8;
const encodings = [
  ['Ascii', 1],
  ['Utf8', 1],
  ['Utf16', 2],
  ['Utf32', 4],
];
const scratch = 4096;

/** Every combination of memory and options, several programs each. */
export function makePrograms(seed) {
  const programs = [];
  for (const shared of [false, true]) {
    for (const pollingMode of ['whenEmpty', 'always', 'never']) {
      for (const clearAllocatedRegions of [true, false]) {
        for (const trackAllocations of [true, false]) {
          const options = { pollingMode, clearAllocatedRegions, trackAllocations };
          const words = Object.entries(options)
            .map(([name, value]) => `${name} ${value}`)
            .join(', ');
          const own = (seed + programs.length * 7919) >>> 0;
          programs.push({
            title: `the same on both: ${shared ? 'shared' : 'plain'} memory, ${words}, seed ${own}`,
            run: (implementation) => runProgram(implementation, makeRandom(own), shared, options),
          });
        }
      }
    }
  }
  return programs;
}

/** A first-fit allocator outside the memory, so that places are used again. */
function makeAllocator(memory, mayGrow) {
  const blocks = [];
  return {
    allocate(size) {
      let at = 2 * scratch;
      let index = 0;
      while (index < blocks.length && blocks[index].at - at < size) {
        at = blocks[index].end;
        index++;
      }
      const end = Math.ceil((at + size) / 8) * 8;
      if (end > memory.buffer.byteLength) {
        if (!mayGrow) throw new Error('the program needs too much memory');
        memory.grow(Math.ceil((end - memory.buffer.byteLength) / 65536));
      }
      blocks.splice(index, 0, { at, end });
      return at;
    },
    free(address) {
      const index = blocks.findIndex(({ at }) => at === address);
      if (index < 0) throw new Error(`${address} is no block`);
      blocks.splice(index, 1);
    },
  };
}

function runProgram(implementation, random, shared, options) {
  // The package does not notice that a shared memory has grown, and `never` must not: those get all at once.
  const mayGrow = !shared && options.pollingMode !== 'never';
  const memory = new WebAssembly.Memory({ initial: mayGrow ? 1 : 40, maximum: 40, shared });
  new Uint8Array(memory.buffer).fill(0x5a);
  const allocator = makeAllocator(memory, mayGrow);
  const heap = implementation.createWasmHeapManager(() => memory.buffer, allocator.allocate, allocator.free, options);
  const live = [];
  const steps = [];
  for (let count = 0; count < 400; count++) steps.push(randomStep({ implementation, random, heap, live, options }));
  if (options.trackAllocations) {
    steps.push(['list', heap.allocatedHeapRefs.map(describe), heap.totalAllocatedByteCount]);
    heap.freeAll();
    steps.push(['freed', live.map(describe), heap.allocatedHeapRefs.length]);
  }
  return { steps, bytes: [...new Uint8Array(memory.buffer)].reduce((sum, byte) => (Math.imul(sum, 31) + byte) | 0, 0) };
}

function describe(value) {
  if (ArrayBuffer.isView(value))
    return [value.constructor.name, ...(value instanceof DataView ? [] : [...value].map(String))];
  if (typeof value === 'object' && value !== null && 'allocatedByteCount' in value) {
    return [value.constructor.name, value.address, value.allocatedByteCount, value.isFreed, value.isNotFreed];
  }
  return typeof value === 'bigint' ? `${value}n` : value;
}

function randomNumber(random, name) {
  const bits = 8 * bytesOf(name);
  const any = (BigInt(random.word()) << 32n) | BigInt(random.word());
  if (bigints.includes(name)) return name === 'BigInt64' ? BigInt.asIntN(64, any) : any;
  if (name === 'Float32' || name === 'Float64') return (random.word() - 2 ** 31) / 2 ** random.below(40);
  if (name === 'Uint8Clamped') return random.below(600) / 2 - 20;
  if (name === 'Pointer53') return Number(any >> 11n);
  // As WebAssembly hands out addresses: signed, or not.
  if (name === 'Pointer32') return random.percent(50) ? random.word() : random.word() | 0;
  // Some out of range: they wrap around.
  return name.startsWith('Int') ? Number(BigInt.asIntN(bits + 1, any)) : Number(BigInt.asUintN(bits + 1, any));
}

const letters = ['a', 'Z', ' ', '~', 'é', 'ß', '€', '漢', '😀', '\u{10ffff}'];
function randomText(random, encoding, longest) {
  const known = encoding === 'Ascii' ? 4 : letters.length;
  return Array.from({ length: random.below(longest) }, () => letters[random.below(known)]).join('');
}

/** One step: does something, and says what came of it. */
function randomStep({ implementation, random, heap, live, options }) {
  const name = random.pick([...numbers, ...bigints]);
  const [encoding, elementBytes] = random.pick(encodings);
  const text = `NullTerminated${encoding}String`;
  const bytes = bytesOf(name);
  const anywhere = random.below(scratch / 2);
  const aligned = 64 + bytes * random.below(200);
  const alignedText = 64 + elementBytes * random.below(100);
  const value = randomNumber(random, name);
  const ref = live.length > 0 ? random.pick(live) : undefined;
  const keep = (made) => {
    live.push(made);
    return made;
  };
  const said = (what, ...results) => Object.assign([what, ...results.map(describe)], { said: what });

  switch (random.below(20)) {
    case 0:
      return said(`write${name}`, heap[`write${name}`](anywhere, value), heap[`read${name}`](anywhere));
    case 1:
      return said(`write${name}Atomic`, heap[`write${name}Atomic`](aligned, value), heap[`read${name}Atomic`](aligned));
    case 2: {
      // Other bytes than a safe pointer's cannot be read as one.
      const other = name === 'Pointer53' ? 'BigUint64' : name;
      return said(`read${other}`, heap[`read${other}`](anywhere));
    }
    case 3: {
      const wide = random.pick(['BigUint128', 'BigUint256']);
      const large = BigInt.asUintN(300, BigInt(random.word()) ** 9n);
      return said(`write${wide}`, heap[`write${wide}`](anywhere, large), heap[`read${wide}`](anywhere));
    }
    case 4:
      return said(`view${name}Array`, heap[`view${name}Array`](aligned, random.below(20)).slice());
    case 5:
    case 6:
      // Without clearing there may lie what is no safe pointer.
      return said(
        `alloc${name}`,
        keep(heap[`alloc${name}`](random.percent(50) && options.clearAllocatedRegions ? undefined : value)),
      );
    case 7: {
      const made = keep(heap[`alloc${name}Array`](1 + random.below(300)));
      return said(`alloc${name}Array`, made, made.elementCount, made.bytesPerElement);
    }
    case 8: {
      const View = heap[`view${name}Array`](64, 0).constructor;
      const elements = View.from({ length: 1 + random.below(40) }, () => {
        const element = randomNumber(random, name);
        return View === BigUint64Array ? BigInt(element) : element;
      });
      return said(`alloc${name}Array, elements`, keep(heap[`alloc${name}Array`](elements)).view.slice());
    }
    case 9: {
      const written = randomText(random, encoding, 30);
      const length = heap[`write${text}`](alignedText, written, 130);
      return said(`write${text}`, length, heap[`read${text}`](alignedText), heap[`read${text}`](alignedText, 130));
    }
    case 10: {
      const made = keep(heap[`alloc${text}`](randomText(random, encoding, 200)));
      return said(`alloc${text}`, made, made.value, made.encodedElementsView.slice());
    }
    case 11: {
      // Without clearing, the package leaves such a string without an end.
      if (!options.clearAllocatedRegions) return said('nothing');
      const made = keep(heap[`alloc${text}`](random.below(50)));
      return said(`alloc${text}, room`, made, made.value, made.allocatedElementCount);
    }
    case 12: {
      const written = randomText(random, encoding, 30);
      heap[`write${text}`](alignedText, written, 130);
      const made = random.percent(50) ? heap[`wrap${text}`](alignedText) : heap[`wrap${text}`](alignedText, 150);
      const before = [made.value, made.encodedElementCount, made.encodedByteCount, made.allocatedElementCount];
      made.value = written.slice(0, Math.floor(written.length / 2)).replace(/[\ud800-\udbff]$/, '');
      return said(`wrap${text}`, made, ...before, made.value, made.encodedBytesView.slice());
    }
    case 13: {
      const made = heap[`wrap${name}`](aligned);
      made.value = value;
      return said(`wrap${name}`, made, made.value, made.writeAtomic(value).readAtomic());
    }
    case 14: {
      const length = 1 + random.below(10);
      const made = heap[`wrap${name}Array`](aligned, length);
      const index = random.below(length);
      made.writeAt(index, value);
      return said(`wrap${name}Array`, made, made.readAt(index), made.writeAtomicAt(index, value).readAtomicAt(index));
    }
    case 15:
    case 16: {
      if (ref === undefined) return said('nothing');
      live.splice(live.indexOf(ref), 1);
      // Without tracking, a free by address leaves the ref as it was.
      const way = random.below(options.trackAllocations ? 3 : 2);
      if (way === 0) ref.free();
      else heap.free(way === 1 ? ref : ref.address);
      return said('free', ref);
    }
    case 17: {
      if (ref === undefined) return said('nothing');
      if (ref instanceof implementation.NumericRef) ref.value = typeof ref.value === 'bigint' ? 5n : 5;
      else if (random.percent(50)) ref.clear();
      return said('change', ref, ref.allocatedBytesView.slice());
    }
    case 18: {
      const pointers = random.pick(['Pointer32', 'Pointer53', 'Pointer64']);
      const targets = Array.from({ length: 1 + random.below(5) }, () =>
        random.percent(20) ? undefined : heap.allocInt16(7),
      );
      const made = heap[`alloc${pointers}Array`](targets.length);
      targets.forEach((target, index) => {
        const address = target?.address ?? 0;
        made.writeAt(index, pointers === 'Pointer64' ? BigInt(address) : address);
      });
      made.free({ freeElements: true });
      return said(`${pointers}ArrayRef.free`, made, options.trackAllocations ? heap.totalAllocatedByteCount : 0);
    }
    default:
      return said(
        'whole',
        heap.heapUint8.length,
        heap.heapInt16[random.below(1000)],
        heap.heapFloat64.length,
        heap.heapDataView.getUint8(anywhere),
        heap.getElementCountOfNullTerminatedString(terminated(heap), 1),
      );
  }
}

function terminated(heap) {
  heap.writeUint8(100, 0);
  return 64 + 8;
}
