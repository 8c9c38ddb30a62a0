// Purpose: what a module offers: its exports as addresses and functions that are good in this memory.
// Floor:   door js.

import type { Dylink } from './custom.js';

/** Something that another module can import by its name. */
export interface Offer {
  /** `data`: the address of a variable, in an immutable global. */
  readonly kind: 'function' | 'data' | 'global' | 'table' | 'memory' | 'tag';
  readonly value: WebAssembly.ExportValue;
}

export interface Exports {
  /** For JavaScript: as the instance has them, but for addresses that were relative. */
  readonly exports: WebAssembly.Exports;
  /** For other modules. */
  readonly offers: ReadonlyMap<string, Offer>;
}

/** What linkers export for loaders, and every module has for itself. */
const ownBusiness = [
  /^(?:_initialize|_start|main|memory)$/,
  /^__(?:wasm|tls|stack|heap|data|global|memory|table|dso|main|indirect_function)_/,
];

/**
 * @param dylink of a position-independent module, whose addresses are relative to `memoryBase`
 * @param notOffered names of what the module only hands on, and has not got itself yet
 */
export function readExports(
  { exports }: WebAssembly.Instance,
  module: WebAssembly.Module,
  dylink: Dylink | undefined,
  memoryBase: number,
  notOffered: ReadonlySet<string>,
): Exports {
  const placed: WebAssembly.Exports = Object.create(null) as WebAssembly.Exports;
  const offers = new Map<string, Offer>();
  for (const { name, kind } of WebAssembly.Module.exports(module)) {
    const raw = exports[name] as WebAssembly.ExportValue;
    let value = raw;
    let offered: Offer['kind'] = kind;
    if (kind === 'global' && isAddress(raw as WebAssembly.Global)) {
      offered = 'data';
      // What is another one in each thread has no one address.
      if (dylink?.threadLocal.has(name) === true) offered = 'global';
      else if (dylink !== undefined) {
        const address = (raw as WebAssembly.Global<'i32'>).value + memoryBase;
        value = new WebAssembly.Global({ value: 'i32', mutable: false }, address | 0);
      }
    }
    placed[name] = value;
    const isOffered = !notOffered.has(name) && !ownBusiness.some((names) => names.test(name));
    if (isOffered) offers.set(name, { kind: offered, value });
  }
  return { exports: Object.freeze(placed), offers };
}

/** Whether a global can be an address: a whole number that never changes. */
function isAddress(global: WebAssembly.Global): boolean {
  let value: unknown;
  try {
    ({ value } = global);
  } catch {
    return false; // of a type that JavaScript cannot read
  }
  if (!Number.isInteger(value)) return false;
  try {
    global.value = value; // refused if it is immutable, and no change if not
    return false;
  } catch {
    return true;
  }
}
