// The lesson: its steps, and the class that runs them. The page and the terminal show the same one.
//
// A line of a step is a function; what the reader sees of it is its own text, so the code that is shown is the
// code that runs. `it` holds the lesson's variables: it is left out of what is shown.

import { Watch } from './picture.mjs';

export const sides = { js: 'JavaScript', cpp: 'C++', as: 'AssemblyScript' };

/** A line: who is at work, and what there is to say when it has run. */
const line = (by) => (run, say) => ({ by, run, say });
const [js, cpp, as] = Object.keys(sides).map(line);

/**
 * A step. `look` names what the picture shows, `from` the first byte that it shows one by one, `guest` the file whose
 * source goes with the step, `figure` a template of the page.
 */
const step = (title, options, text, lines = []) => ({ title, text, lines, ...options });

export const steps = [
  step('Three places to keep things', { look: ['row'], figure: 'places' }, [
    'Your JavaScript keeps its values in two places. The stack holds what running functions need right now; it ' +
      'is taken down as they return. The heap holds objects, wherever there is room.',
    'WebAssembly has a third place: linear memory. It is one long row of bytes, numbered from 0. The number of ' +
      'a byte is its address. There are no objects in it and no names: only bytes.',
  ], [
    js((it) => (it.cat = { name: 'Minka', age: 3 }),
      'An object, on the heap of JavaScript. You hold a reference to it, never its address; once nobody ' +
      'refers to it, it is cleared away.'),
    js((it) => (it.row = new ArrayBuffer(16)), 'A row of 16 bytes, all 0. Linear memory is just this, only longer.'),
  ]),
  step('Bytes need a view', { look: ['row'] }, [
    'An ArrayBuffer is raw bytes: you cannot read it by itself. A typed array is a view on it. It says what ' +
      'the bytes mean: one number in each byte, or one in every two, or in every four. Several views can look at ' +
      'the same bytes.',
  ], [
    js((it) => (it.bytes = new Uint8Array(it.row)),
      'Uint8: every byte is a number from 0 to 255. No byte was copied.'),
    js((it) => (it.bytes[3] = 7), 'Byte 3 is 7 now.'),
    js((it) => (it.pairs = new Uint16Array(it.row)),
      'Uint16: every two bytes are one number, up to 65535. So bytes 2 and 3 are pairs[1].'),
    js((it) => (it.pairs[0] = 258),
      '258 is 1 × 256 + 2. The low part is stored first: byte 0 becomes 2 and byte 1 becomes 1. ' +
      'WebAssembly always does so (“little-endian”).'),
    js((it) => it.bytes[0], 'The other view sees it at once: both look at the same row.'),
  ]),
  step('Copied or shared', { look: ['row', 'copy', 'shared', 'other'] }, [
    'JavaScript can run several threads (workers). What you send to one is copied, as structuredClone copies ' +
      'it. A SharedArrayBuffer is the exception: both ends get the very same bytes.',
  ], [
    js((it) => (it.copy = structuredClone(it.row)),
      'What a worker would get of an ArrayBuffer: other bytes with the same values.'),
    js((it) => (it.bytes[0] = 9), 'A change in the row …'),
    js((it) => new Uint8Array(it.copy)[0], '… does not reach the copy.'),
    js((it) => (it.shared = new SharedArrayBuffer(16)), 'Now a shared one.'),
    js((it) => (it.other = structuredClone(it.shared)),
      'What a worker would get of it: another handle to the same bytes.'),
    js((it) => (new Uint8Array(it.shared)[0] = 42), 'One write …'),
    js((it) => new Uint8Array(it.other)[0], '… is seen through both.'),
  ]),
  step('A WebAssembly memory', { look: ['memory'] }, [
    'WebAssembly.Memory is a row of bytes that wasm code can use, too. It is counted in pages of 64 KiB ' +
      '(65,536 bytes). It can grow, up to a maximum; a shared memory must say which.',
  ], [
    js((it) => (it.memory = new WebAssembly.Memory({ initial: 2, maximum: 16, shared: true })),
      'Two pages to begin with, at most 16. In the picture a page has 64 cells of 1 KiB each.'),
    js((it) => (it.u16 = new Uint16Array(it.memory.buffer)),
      'memory.buffer is the row of bytes. The bar shows how far the view reaches.'),
    js((it) => (it.u16[0] = 42), 'JavaScript writes 42 at address 0.'),
  ]),
  step('One memory, two sides', { look: ['memory'], guest: 'chapter.cpp' }, [
    'Now a program written in C++ and compiled to WebAssembly joins in. Such a program is called a guest. It ' +
      'is given the memory when it starts; what C++ calls an address is an index into the same bytes here.',
  ], [
    cpp(
      async (it) => (it.cpp = (await WebAssembly.instantiate(it.modules.cpp, { env: { memory: it.memory } })).exports),
      'The guest is ready; these are its functions. It has set some cells aside for itself: step 8 says ' +
      'what for.'),
    cpp((it) => it.cpp.readMemory(0), 'C++ reads the 42 that JavaScript wrote. Nothing was sent or copied.'),
    cpp((it) => it.cpp.writeMemory(2, 7), 'C++ writes 7 into byte 2 …'),
    js((it) => it.u16[1], '… and JavaScript reads it: u16[1] is bytes 2 and 3.'),
  ]),
  step('A guest that grows', { look: ['memory'], guest: 'chapter.ts' }, [
    'A second guest, written in AssemblyScript, in the same memory. As it starts it grows the memory by 2 ' +
      'pages, stores 21 in byte 0 and 99 in byte 1. Watch two things: your 42, and the bar of the view u16.',
  ], [
    as(
      async (it) =>
        (it.script = (await WebAssembly.instantiate(it.modules.shared, { env: { memory: it.memory } })).exports),
      'The memory has 4 pages now. The bar of u16 still ends after 2.'),
    as((it) => it.script.readMemory(1), 'The 99 is where the guest stored it.'),
    js((it) => it.u16[0],
      'Your 42 is gone: this is 21 + 99 × 256. Nobody did anything forbidden. Both sides just picked ' +
      'address 0. Step 9 is about that.'),
    js((it) => it.u16.byteLength / 65536,
      'The view still covers 2 pages of 4: it was made before the memory grew. It is stale.'),
    js((it) => (it.u16 = new Uint16Array(it.memory.buffer)), 'A new view covers all 4 pages.'),
  ]),
  step('Stale views that go blank', { look: ['chapter.memory'], guest: 'chapter.ts' }, [
    'The same guest once more, compiled so that it brings a memory of its own, which is not shared. Here a ' +
      'growth does more: the old buffer is detached, and every view on it loses all of its elements.',
  ], [
    as(async (it) => (it.chapter = (await WebAssembly.instantiate(it.modules.chapter)).exports),
      'The guest exports its memory.'),
    js((it) => (it.memoryArray = new Uint8Array(it.chapter.memory.buffer)),
      'A view on it, made after the guest grew it.'),
    js((it) => it.memoryArray[1], 'JavaScript shows what wasm wrote …'),
    js((it) => (it.memoryArray[2] = 42), '… and writes …'),
    as((it) => it.chapter.readMemory(2), '… what wasm reads.'),
    js((it) => it.chapter.memory.grow(1),
      'JavaScript can grow a memory, too. The result is how many pages it had before.'),
    js((it) => it.memoryArray.length,
      'No error, just nothing: the view has length 0 now. Many wasm programs have tripped over this.'),
    js((it) => it.memoryArray[1], 'And so an element of it is undefined.'),
    js((it) => (it.memoryArray = new Uint8Array(it.chapter.memory.buffer)),
      'After a growth: ask for the buffer again. The bytes are all there.'),
  ]),
  step('Where C++ keeps its own things', { look: ['memory'], guest: 'chapter.cpp' }, [
    'Back to the shared memory. C++ does the same as AssemblyScript did. And then a surprise: C++ has a stack ' +
      'and a heap as well, but they lie inside of the linear memory.',
  ], [
    js((it) => it.u16.fill(0, 0, 2), 'First wipe the first four bytes, so that there is something to see.'),
    cpp((it) => it.cpp._initialize(),
      'C++ grows the memory by 2 pages, to 6, and stores 21 and 99 again. (u16 is stale again, too.)'),
    cpp((it) => it.cpp.readMemory(1), 'Read by C++.'),
    cpp((it) => it.cpp.addressOfLocal(),
      'The address of a local variable, so a place on the C++ stack. That stack is the stretch from a little ' +
      'above 1024 up to 16384; the picture shows it. JavaScript could overwrite it by accident.'),
    js((it) => it.cpp.__heap_base.value, 'From this address on, nothing is in use. Here a heap can begin.'),
  ]),
  step('allot: nobody picks addresses', { look: ['memory'], guest: 'heap.cpp', from: (it) => it.mine?.byteOffset }, [
    'In step 6 two sides picked the same address. What is missing is somebody who hands out addresses and ' +
      'remembers what is taken: an allocator. allot is one heap that JavaScript and the guest both use. A ' +
      'stretch that it hands out is a block.',
  ], [
    js(async (it) => (it.heap = await it.Heap.create({ memory: it.memory, begin: it.cpp.__heap_base.value })),
      'A heap in the memory that we have, behind the stack of C++. Its records lie in the memory too: both ' +
      'sides can read them.'),
    js((it) => (it.mine = it.heap.alloc(Int32Array, [20, 22])),
      'JavaScript asks for room for two numbers. No address was picked by hand.'),
    cpp((it) => it.cpp.sum(it.mine.byteOffset, 2), 'C++ adds them up: all it needs is the address.'),
    cpp((it) => (it.theirs = it.cpp.squares(8)),
      'C++ calls malloc, as it always does. It was linked with liballot, so its block comes from the same ' +
      'heap, and cannot be where ours is.'),
    js((it) => it.heap.view(Int32Array, it.theirs, 8), 'JavaScript reads the squares that C++ computed.'),
    js((it) => it.heap.free(it.theirs),
      'JavaScript gives back what C++ allocated. (C++ takes it in when it allocates next; until then the picture ' +
        'shows it.) The other way round works as well.'),
  ]),
  step('What the heap does for you', { look: ['memory'], from: (it) => it.mine.byteOffset }, [
    'The picture is the heap’s own account of itself: heap.blocks(). And both accidents from before, the stale ' +
      'view and the address that two sides picked, are taken care of.',
  ], [
    js((it) => [...it.heap.blocks()], 'Every block, in order, and the heap’s own records (metadata).'),
    js((it) => (it.big = it.heap.alloc(Uint8Array, 400_000)),
      'More than there was: the heap has grown the memory by itself, to 10 pages. (JavaScript and C++ each ' +
        'allocate in pages of their own, so that neither waits for the other.)'),
    js((it) => [...it.mine.view],
      'What you allocated before the growth can be used as before: .view is never stale.'),
    js((it) => it.heap.free(it.theirs),
      'It was freed already. Such a mistake is an error with a name, and it changes nothing.'),
    cpp((it) => it.cpp.free(it.big.byteOffset), 'C++ frees what JavaScript allocated.'),
  ]),
  step('Your turn', { look: ['memory'], from: (it) => it.from }, [
    'Write with one side and read with the other. Allocate with C++ and free with JavaScript: C++ takes that in, and ' +
      'the picture shows it, when C++ allocates next. Ask for 400000 bytes twice and see the memory grow.',
  ]),
];

const assigned = steps.flatMap(({ lines }) => lines.map(({ run }) => /\(it\.(\w+) = /.exec(run.toString())?.[1]));

/** The code of a line as the reader would write it. Each variable is declared where it is first assigned. */
function codeOf(run, index) {
  let text = run.toString().replace(/\s*\n\s*/g, ' ').replace(/^(?:async )?\(it\) => /, '');
  text = text.replace(/^\((.* = .*)\)$/, '$1');
  const name = assigned[index];
  const isConstant = assigned.lastIndexOf(name) === index;
  if (name && assigned.indexOf(name) === index) text = `${isConstant ? 'const' : 'let'} ${text}`;
  return `${text.replaceAll(/\bit\./g, '').replaceAll(/\b(\w+): \1\b/g, '$1')};`;
}

steps.flatMap(({ lines }) => lines).forEach((each, index) => (each.code = codeOf(each.run, index)));

/** A result, in few words. */
function show(value) {
  if (value === undefined || typeof value === 'number') return String(value);
  if (value instanceof Error) return `${value.name} ${value.code}: ${value.message}`;
  if (Object.getPrototypeOf(value) === Object.prototype) return 'an object';
  if (value instanceof WebAssembly.Memory) return `a memory of ${value.buffer.byteLength / 65536} pages`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.length}) [${elements(value)}]`;
  if (Array.isArray(value) && value[0]?.kind) {
    return value.map(({ byteOffset, byteLength, kind }) => `${byteOffset}: ${byteLength} bytes ${kind}`).join('\n');
  }
  if (Array.isArray(value)) return `[${elements(value)}]`;
  if ('element' in value) return `${value.length} × ${value.element.name} at address ${value.byteOffset}`;
  if ('byteLength' in value) return `${value.constructor.name} of ${value.byteLength} bytes`;
  const names = Object.keys(value).filter((name) => typeof value[name] !== 'object' || name === 'memory');
  return names.length > 0 ? `{ ${names.join(', ')} }` : value.constructor.name;
}

const elements = (list) => [...list.slice(0, 8), ...(list.length > 8 ? ['…'] : [])].join(', ');

/** A run of the lesson: its variables, and what is to be seen of them. */
export class Lesson {
  constructor({ Heap, modules }) {
    this.it = { Heap, modules };
    this.watch = new Watch(this.it);
  }

  /** Runs a line; returns its result in words, none for a call without one. An error is a result as well. */
  async run({ by, run, code = '(' }) {
    let value;
    try {
      value = await run(this.it);
    } catch (error) {
      value = error;
    }
    const text = value === undefined && code.includes('(') ? '' : show(value);
    return { text, isError: value instanceof Error, changes: this.watch.look(by) };
  }

  /** What the picture of a step shows: see picture.mjs. */
  pictures({ look, from }) {
    return look.map((name) => this.watch.picture(name, from?.(this.it) ?? 0)).filter(Boolean);
  }
}
