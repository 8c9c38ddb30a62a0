// Purpose: what an instance imports, and what it imports when it is put over another memory.
// Floor:   door js.

import { makeError } from '../errors.js';
import type { HeapImports } from '../modules/loader.js';
import { requireImports } from '../modules/load-options.js';
import type { Line, Lineage } from './lineage.js';
import type { Things } from './state.js';

/** The imports of an instance, or what makes them each time it is instantiated. */
export type BoundImports = WebAssembly.Imports | (() => WebAssembly.Imports);

/** One import, and the way to its value of now. */
interface Resolved {
  readonly module: string;
  readonly name: string;
  readonly value: () => unknown;
}

/** What the heap gives to import. */
export interface HeapGives {
  readonly heapImports: () => HeapImports;
  readonly lineage: Lineage;
}

/**
 * The imports of one instance. What was given is not kept as it is: a function of another instance would hold
 * that instance and its whole memory, long after both have been replaced.
 */
export class InstanceImports {
  readonly #operation: string;
  readonly #module: WebAssembly.Module;
  readonly #gives: HeapGives;
  readonly #make: (() => WebAssembly.Imports) | undefined;
  #resolved: readonly Resolved[] | undefined;

  constructor(operation: string, module: WebAssembly.Module, given: BoundImports, gives: HeapGives) {
    this.#operation = operation;
    this.#module = module;
    this.#gives = gives;
    if (typeof given === 'function') this.#make = given;
    else this.#resolved = this.#resolve(given);
  }

  /** Whether somebody's function is called for them. */
  get isMade(): boolean {
    return this.#make !== undefined;
  }

  /** To instantiate the module with, as of now. */
  get(): { readonly imports: WebAssembly.Imports; readonly things: Things } {
    const resolved = this.#resolved ?? this.#resolve(this.#make?.() ?? {});
    const imports = Object.create(null) as Record<string, Record<string, unknown>>;
    const things: Record<string, unknown> = {};
    for (const { module, name, value } of resolved) {
      const space = (imports[module] ??= Object.create(null) as Record<string, unknown>);
      space[name] = things[`import ${JSON.stringify([module, name])}`] = value();
    }
    return { imports: imports as WebAssembly.Imports, things };
  }

  #resolve(given: WebAssembly.Imports): Resolved[] {
    requireImports(this.#operation, given);
    const { heapImports, lineage } = this.#gives;
    const missing: string[] = [];
    const resolved = WebAssembly.Module.imports(this.#module).map(({ module, name }): Resolved => {
      const value: unknown = (given[module] as Record<string, unknown> | undefined)?.[name];
      if (value !== undefined) {
        const line = lineage.lineIfKnown(value);
        return { module, name, value: line === undefined ? always(value) : lastOf(line) };
      }
      if (ownOf(heapImports, name) === undefined) missing.push(`${module}.${name}`);
      return { module, name, value: ownNamed(heapImports, name) };
    });
    if (missing.length > 0) throw makeError('missing_import', this.#operation, missing.join(', '));
    return resolved;
  }
}

// Each is a function of its own, outside of the class: a closure holds all that the closures around and beside it
// use, and so the old memory that somebody gave.

function always(value: unknown): () => unknown {
  return () => value;
}

function lastOf(line: Line): () => unknown {
  return () => line.current;
}

function ownNamed(heapImports: () => HeapImports, name: string): () => unknown {
  return () => ownOf(heapImports, name);
}

/** What the heap has by a name. */
function ownOf(heapImports: () => HeapImports, name: string): unknown {
  const own = heapImports();
  return Object.hasOwn(own, name) ? own[name] : undefined;
}
