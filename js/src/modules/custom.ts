// Purpose: the custom sections that matter for placing a module: `dylink.0`, which makes it position-
//          independent, and `name`.
// Floor:   door js.
// Source:  WebAssembly tool conventions, DynamicLinking.md; Core Specification 2.0, appendix (name section).

import { Reader } from './reader.js';

/** What a position-independent module needs; sizes in bytes and table slots. */
export interface Dylink {
  readonly memoryByteLength: number;
  readonly memoryAlignment: number;
  readonly tableLength: number;
  readonly tableAlignment: number;
  /** Names of the modules that are to be loaded before it. */
  readonly needed: readonly string[];
  /** Names of exports that are another one in each thread. */
  readonly threadLocal: ReadonlySet<string>;
  /** Names of imports that may be missing. */
  readonly weak: ReadonlySet<string>;
}

const bindingMask = 3;
const weakBinding = 1;
const threadLocalFlag = 0x100;

/** Reads a section `dylink.0`. */
export function readDylink(operation: string, section: Uint8Array): Dylink {
  const reader = new Reader(section, operation, "its section 'dylink.0'");
  let [memoryByteLength, memoryAlignment, tableLength, tableAlignment] = [0, 1, 0, 1];
  const needed: string[] = [];
  const threadLocal = new Set<string>();
  const weak = new Set<string>();
  const alignment = (): number => {
    const exponent = reader.u32();
    if (exponent > 31) throw reader.error(`an alignment of 2^${exponent} is none`);
    return 2 ** exponent;
  };
  while (!reader.isAtEnd) {
    const type = reader.byte();
    const length = reader.u32();
    if (length > reader.left) throw reader.error(`${length} bytes should follow, and ${reader.left} do`);
    const rest = reader.left - length;
    switch (type) {
      case 1:
        memoryByteLength = reader.u32();
        memoryAlignment = alignment();
        tableLength = reader.u32();
        tableAlignment = alignment();
        break;
      case 2:
        for (let left = reader.count(); left > 0; left--) needed.push(reader.name());
        break;
      case 3:
        for (let left = reader.count(); left > 0; left--) {
          const name = reader.name();
          if ((reader.u32() & threadLocalFlag) !== 0) threadLocal.add(name);
        }
        break;
      case 4:
        for (let left = reader.count(); left > 0; left--) {
          reader.name();
          const name = reader.name();
          if ((reader.u32() & bindingMask) === weakBinding) weak.add(name);
        }
        break;
    }
    // Whatever else a later version says there.
    if (reader.left < rest) throw reader.error(`its part ${type} is longer than it says`);
    reader.take(reader.left - rest);
  }
  return { memoryByteLength, memoryAlignment, tableLength, tableAlignment, needed, threadLocal, weak };
}

/** What a module calls itself and its parts, as far as it says so. */
export interface Names {
  readonly module: string | undefined;
  /** Functions and globals by name: their numbers. */
  readonly functions: ReadonlyMap<string, number>;
  readonly globals: ReadonlyMap<string, number>;
}

/**
 * Reads a section `name`. Names are for people: what is wrong with them takes nothing from the module, so
 * that reading simply stops there.
 */
export function readNames(operation: string, section: Uint8Array | undefined): Names {
  let module: string | undefined;
  const functions = new Map<string, number>();
  const globals = new Map<string, number>();
  try {
    const reader = new Reader(section ?? new Uint8Array(), operation, 'its names');
    while (!reader.isAtEnd) {
      const type = reader.byte();
      const part = reader.sized('its names');
      if (type === 0) module = part.name();
      else if (type === 1) readNameMap(part, functions);
      else if (type === 7) readNameMap(part, globals);
    }
  } catch {
    // Malformed: what came before it will do.
  }
  return { module, functions, globals };
}

function readNameMap(reader: Reader, into: Map<string, number>): void {
  for (let left = reader.count(); left > 0; left--) {
    const index = reader.u32();
    into.set(reader.name(), index);
  }
}
