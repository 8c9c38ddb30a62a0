// Purpose: the embedded wasm builds of the heap, compiled once each, on first use.
// Floor:   door js.

import * as embedded from './generated/modules.js';

/**
 * Where a heap keeps its records: `inside` the memory that it manages, so that others can attach
 * to it, or `outside`, in a memory of its own, where nothing in the managed memory can damage it.
 */
export type ImagePlace = 'inside' | 'outside';

/** One module for each: `shared` is for an image inside a shared memory, where agents use it at once. */
export type ModuleName = ImagePlace | 'shared';

const compiled = new Map<ModuleName, WebAssembly.Module>();

/** The module of a name. Compiling it the first time takes a few milliseconds. */
export function compileSync(name: ModuleName): WebAssembly.Module {
  const module = compiled.get(name) ?? new WebAssembly.Module(decode(embedded[name]));
  compiled.set(name, module);
  return module;
}

/** As {@link compileSync}, without holding up the thread. */
export async function compile(name: ModuleName): Promise<WebAssembly.Module> {
  const module = compiled.get(name) ?? (await WebAssembly.compile(decode(embedded[name])));
  compiled.set(name, module);
  return module;
}

/** Bytes from the letters that stand for them; tools/embed.mjs says why these. */
function decode(text: string): Uint8Array<ArrayBuffer> {
  const values: number[] = [];
  let byte = 0;
  eachLetter(embedded.alphabet, (letter) => (values[letter] = byte++));
  const bytes = new Uint8Array(text.length);
  let length = 0;
  eachLetter(text, (letter) => (bytes[length++] = values[letter] ?? 0));
  return bytes.subarray(0, length);
}

/** Those that begin with one of the last two characters of ASCII have two. */
function eachLetter(text: string, use: (letter: number) => void): void {
  for (let i = 0; i < text.length; i++) {
    const first = text.charCodeAt(i);
    use(first < 0x7d ? first : first * 128 + text.charCodeAt(++i));
  }
}
