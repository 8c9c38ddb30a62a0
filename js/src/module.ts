// Purpose: the embedded wasm builds of the heap, compiled once each, on first use.
// Floor:   door js.

import * as embedded from './generated/modules.js';

/**
 * Where a heap keeps its records: `inside` the memory that it manages, so that others can attach
 * to it, or `outside`, in a memory of its own, where nothing in the managed memory can damage it.
 */
export type ImagePlace = 'inside' | 'outside';

const compiled = new Map<ImagePlace, WebAssembly.Module>();

/** The module for a place. Compiling it the first time takes a few milliseconds. */
export function compileSync(place: ImagePlace): WebAssembly.Module {
  const module = compiled.get(place) ?? new WebAssembly.Module(decode(embedded[place]));
  compiled.set(place, module);
  return module;
}

/** As {@link compileSync}, without holding up the thread. */
export async function compile(place: ImagePlace): Promise<WebAssembly.Module> {
  const module = compiled.get(place) ?? (await WebAssembly.compile(decode(embedded[place])));
  compiled.set(place, module);
  return module;
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  // atob is the one decoder that Node 20, Deno, Bun and every browser have.
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
