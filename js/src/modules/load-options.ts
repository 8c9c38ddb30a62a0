// Purpose: how a module is to be loaded.
// Floor:   door js.

import { requireType, wholeNumber, wrongType } from '../arguments.js';
import { makeError } from '../errors.js';
import { requireObject } from '../options.js';
import type { MemoryRange } from './footprint.js';
import type { ModuleSource } from './source.js';

/** How to load a module. Everything has a default. */
export interface LoadOptions {
  /**
   * What to call it: in messages, and for modules that name it as one that they need, or import from
   * it. Default: what it calls itself, then the name of the file it was fetched from.
   */
  readonly name?: string | undefined;
  /** Bytes of stack for a position-independent module. Default: 64 KiB. */
  readonly stackByteLength?: number | undefined;
  /**
   * The parts of the memory that an ordinary module takes for itself, in place of those that are found
   * in its bytes: addresses from `begin` up to, not including, `end`.
   */
  readonly spans?: readonly { readonly begin: number; readonly end: number }[] | undefined;
  /**
   * Whether functions and variables that nobody has yet may come with a module that is loaded later, as
   * they must where two modules use each other. Such a function throws (`missing_import`) until then.
   * Default: `false`.
   */
  readonly lazy?: boolean | undefined;
  /**
   * Gives the modules that this one says it needs, by their names, where they are not loaded yet. They
   * are loaded first, with the same imports; if this one cannot be loaded then, they are unloaded
   * again. `loadSync` wants their bytes at once. It must not wait for a `load` of its own.
   */
  readonly needed?: ((name: string) => ModuleSource) | undefined;
  /** Whether to run its constructors (`_initialize`, or `__wasm_call_ctors`). Default: `true`. */
  readonly initialize?: boolean | undefined;
}

/** Options, checked. */
export interface LoadPlan {
  readonly name: string | undefined;
  readonly stackByteLength: number;
  readonly spans: readonly MemoryRange[] | undefined;
  readonly lazy: boolean;
  readonly needed: ((name: string) => unknown) | undefined;
  readonly initialize: boolean;
}

const defaultStackByteLength = 65536;

/** Checks options. */
export function readLoadOptions(operation: string, options: LoadOptions): LoadPlan {
  requireObject(operation, options, ['name', 'stackByteLength', 'spans', 'lazy', 'needed', 'initialize']);
  const { name, stackByteLength = defaultStackByteLength, spans, lazy = false, needed, initialize = true } = options;
  if (name !== undefined) requireType(operation, 'name', name, 'string');
  if (wholeNumber(operation, 'stackByteLength', stackByteLength) < 16) {
    throw makeError('invalid_option', operation, `a stack of ${stackByteLength} bytes`);
  }
  requireType(operation, 'lazy', lazy, 'boolean');
  requireType(operation, 'initialize', initialize, 'boolean');
  if (needed !== undefined && typeof needed !== 'function') throw wrongType(operation, 'needed', needed, 'a function');
  return { name, stackByteLength, spans: readSpans(operation, spans), lazy, needed, initialize };
}

function readSpans(operation: string, spans: unknown): MemoryRange[] | undefined {
  if (spans === undefined) return undefined;
  if (!Array.isArray(spans)) throw wrongType(operation, 'spans', spans, 'an array');
  return spans.map((span: unknown) => {
    if (typeof span !== 'object' || span === null) throw wrongType(operation, 'span', span, 'an object');
    const { begin, end } = span as { begin: unknown; end: unknown };
    const from = wholeNumber(operation, 'begin', begin);
    const to = wholeNumber(operation, 'end', end);
    if (to <= from) throw makeError('invalid_span', operation, `begin is ${from} and end is ${to}`);
    return { kind: 'data', begin: from, end: to };
  });
}

/** Checks the imports that somebody gives. */
export function requireImports(operation: string, imports: unknown): void {
  if (typeof imports !== 'object' || imports === null) throw wrongType(operation, 'imports', imports, 'an object');
  for (const [name, space] of Object.entries(imports)) {
    if ((typeof space === 'object' && space !== null) || typeof space === 'function') continue;
    throw wrongType(operation, `imports.${name}`, space, 'an object');
  }
}
