// The calls to malloc, realloc and free that a program makes, recorded once, from a module of its own.
//
// A file of unsigned 32-bit numbers: how many calls, how many blocks live at once at most, how many bytes requested
// and live at most; then two numbers a call, (slot << 2) | kind and the size, as programs/replay.cpp reads them.
// Every block is freed at the end: those that the program left are.

import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cLibraries, compile, link } from './compile.mjs';
import { guests } from './guests.mjs';
import { output, root } from './paths.mjs';
import { headerLength } from './trace_file.mjs';

export const MALLOC = 0;
export const REALLOC = 1;
export const FREE = 2;

export class Trace {
  #calls = [];
  #slots = 0;
  #unused = [];
  #blocks = new Map(); // address → [slot, size]
  #live = 0;
  #peak = 0;

  /** As programs/record.c tells it: the block's address before and after the call. */
  record(kind, before, after, size) {
    if (kind === FREE) {
      if (before !== 0) this.#call(this.#leave(before), FREE, 0);
    } else if (after === 0) {
      throw new Error('the recorded program ran out of memory');
    } else if (kind === REALLOC && before !== 0) {
      const slot = this.#leave(before);
      this.#unused.pop();
      this.#enter(after, slot, size);
      this.#call(slot, REALLOC, size);
    } else {
      const slot = this.#unused.pop() ?? this.#slots++;
      this.#enter(after, slot, size);
      this.#call(slot, MALLOC, size);
    }
  }

  /** The file's numbers. */
  end() {
    for (const address of [...this.#blocks.keys()]) this.record(FREE, address, 0, 0);
    const numbers = new Uint32Array(headerLength + this.#calls.length);
    numbers.set([this.#calls.length / 2, this.#slots, this.#peak]);
    numbers.set(this.#calls, headerLength);
    return numbers;
  }

  #enter(address, slot, size) {
    this.#blocks.set(address, [slot, size]);
    this.#live += size;
    this.#peak = Math.max(this.#peak, this.#live);
  }

  #leave(address) {
    const block = this.#blocks.get(address);
    if (block === undefined) throw new Error(`the recorded program freed ${address}, which it was never given`);
    const [slot, size] = block;
    this.#blocks.delete(address);
    this.#unused.push(slot);
    this.#live -= size;
    return slot;
  }

  #call(slot, kind, size) {
    this.#calls.push(((slot << 2) | kind) >>> 0, size);
  }
}

/** Records a program unless that was done since it changed. Returns the file's path. */
export function buildTrace(program) {
  const file = join(output, 'traces', `${program}.trace`);
  const module = buildRecorder(program);
  if (existsSync(file) && statSync(file).mtimeMs > statSync(module).mtimeMs) return file;
  const trace = new Trace();
  const unsigned = (kind, before, after, size) => trace.record(kind, before >>> 0, after >>> 0, size >>> 0);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(module)), {
    bench: { record: unsigned },
  });
  instance.exports.start();
  instance.exports.work();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, trace.end());
  return file;
}

// With the C library's own malloc; which one answers does not change what is asked.
function buildRecorder(program) {
  const { objects, stackBytes } = guests[program];
  const recorder = compile(join(root, 'bench/programs/record.c'), 'shared');
  const wrapped = ['malloc', 'calloc', 'realloc', 'free'].map((name) => `--wrap=${name}`);
  const options = ['-z', `stack-size=${stackBytes}`, ...wrapped];
  return link(join(output, program, 'recorder.wasm'), [...objects(), recorder, ...cLibraries()], options);
}
