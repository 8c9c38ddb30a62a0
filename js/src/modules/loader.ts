// Purpose: loads modules into a heap: `Heap.load` and its neighbours.
// Floor:   door js.
//
//   source ── arrive ── read ── compile ── the same for what it needs ── place ── instantiate ── finish

import type { Supplied } from '../allocator.js';
import { makeError } from '../errors.js';
import type { HeapBase } from '../heap-base.js';
import type { OpenHeap } from '../open.js';
import { requireConstructors } from './constructors.js';
import { readLoadOptions, requireImports, type LoadOptions, type LoadPlan } from './load-options.js';
import type { LoadedModule } from './loaded-module.js';
import { Placement } from './placement.js';
import { compileError, draftOf, instantiateError, type Draft, type Prepared } from './prepared.js';
import { Scope } from './scope.js';
import { arrive, arrivedAs, type Arrived, type ModuleBytes, type ModuleSource } from './source.js';

/** What a module imports to use a heap: its memory, and its allocator as C declares it. */
export interface HeapImports {
  readonly memory: WebAssembly.Memory;
  /** A block's address, or 0. An address above 2 GiB is a negative number to JavaScript, here and below. */
  malloc(byteLength: number): number;
  /** A block of zeros, or 0. */
  calloc(count: number, byteLength: number): number;
  /** The block's address now, or 0: then it is as before. Of address 0 it is `malloc`. */
  realloc(address: number, byteLength: number): number;
  /** `realloc` for a number of things; 0 also when the product is too large. */
  reallocarray(address: number, count: number, byteLength: number): number;
  /** Of address 0 it does nothing. */
  free(address: number): void;
  /** A block at a multiple of a power of two, or 0. */
  aligned_alloc(alignment: number, byteLength: number): number;
  /** The same by an older name. */
  memalign(alignment: number, byteLength: number): number;
  /** Stores the block's address at `result`; gives 0, EINVAL or ENOMEM as WASI numbers them. */
  posix_memalign(result: number, alignment: number, byteLength: number): number;
  /** The bytes that a block really has; 0 for address 0. */
  malloc_usable_size(address: number): number;
  /** C++'s `operator new` and `delete`, by their mangled names. */
  readonly [name: string]: WebAssembly.ImportValue;
}

/** The modules of one heap. */
export class ModuleLoader {
  #scope: Scope;
  #imports: HeapImports | undefined;
  #count = 0;
  /** Modules that have their room already, but are not instantiated yet. */
  #placing = 0;
  /** Ends when all loads before have. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param open `undefined` for an adopted heap */
  constructor(heap: HeapBase, allocator: Supplied, open: OpenHeap | undefined) {
    this.#scope = new Scope(heap, allocator, open);
  }

  get imports(): HeapImports {
    const { family, heap } = this.#scope;
    if (family === undefined) throw makeError('unsupported_operation', 'imports', 'the allocator is an adopted one');
    this.#imports ??= Object.freeze({ ...family, memory: heap.memory }) as unknown as HeapImports;
    return this.#imports;
  }

  /** The same, if anybody ever asked. */
  get importsIfMade(): HeapImports | undefined {
    return this.#imports;
  }

  get table(): WebAssembly.Table {
    return this.#scope.table.table;
  }

  /** Whether no module is in the memory, nor about to be. */
  get isIdle(): boolean {
    return this.#placing === 0 && this.#scope.modules.length === 0;
  }

  /** The heap goes on in another memory, with no module in it: all begins anew, but for the table. */
  rebase(allocator: Supplied, open: OpenHeap): void {
    const { heap, tableIfMade } = this.#scope;
    this.#scope = new Scope(heap, allocator, open, tableIfMade);
    this.#imports = undefined;
  }

  get modules(): readonly LoadedModule[] {
    return [...this.#scope.modules];
  }

  async load(
    source: ModuleSource,
    imports: WebAssembly.Imports = {},
    options: LoadOptions = {},
  ): Promise<LoadedModule> {
    const operation = 'load';
    requireImports(operation, imports);
    const plan = readLoadOptions(operation, options);
    // What waits for nobody goes on at the same time; modules are placed in the order of the calls.
    const compiled = this.#prepare(operation, source, plan, []);
    const before = this.#last;
    const turn = this.#turn(operation, compiled, before, imports);
    this.#last = Promise.allSettled([before, turn]).then(() => undefined); // keeps no module alive
    return turn;
  }

  loadSync(source: ModuleBytes, imports: WebAssembly.Imports = {}, options: LoadOptions = {}): LoadedModule {
    const operation = 'loadSync';
    requireImports(operation, imports);
    const plan = readLoadOptions(operation, options);
    const loaded: LoadedModule[] = [];
    try {
      for (const step of this.#prepareSync(operation, source, plan, [])) {
        if (this.#isThere(step)) continue;
        this.#placing++;
        try {
          const placement = this.#place(operation, step, imports);
          try {
            loaded.push(placement.finish(new WebAssembly.Instance(step.module, placement.imports)));
          } catch (error) {
            placement.undo();
            throw instantiateError(error, operation);
          }
        } finally {
          this.#placing--;
        }
      }
    } catch (error) {
      takeBack(loaded);
      throw error;
    }
    return loaded.at(-1) as LoadedModule;
  }

  async #turn(
    operation: string,
    compiled: Promise<Step[]>,
    before: Promise<unknown>,
    imports: WebAssembly.Imports,
  ): Promise<LoadedModule> {
    const steps = await compiled;
    await before;
    const loaded: LoadedModule[] = [];
    try {
      for (const step of steps) {
        if (this.#isThere(step)) continue;
        this.#placing++;
        try {
          const placement = this.#place(operation, step, imports);
          try {
            loaded.push(placement.finish(await WebAssembly.instantiate(step.module, placement.imports)));
          } catch (error) {
            placement.undo();
            throw instantiateError(error, operation);
          }
        } finally {
          this.#placing--;
        }
      }
    } catch (error) {
      takeBack(loaded);
      throw error;
    }
    return loaded.at(-1) as LoadedModule;
  }

  /** A module, behind those that it needs and that are not there yet. */
  async #prepare(operation: string, source: unknown, plan: LoadPlan, waiting: readonly string[]): Promise<Step[]> {
    const draft = this.#draft(operation, await arrive(operation, source), plan);
    const module = await compile(operation, draft);
    const step = { ...draft, module, plan, waiting };
    const steps: Step[] = [];
    for (const name of this.#absent(step)) {
      const needed = plan.needed?.(name);
      if (needed === undefined) continue; // it may have come until it is needed
      steps.push(...(await this.#prepare(operation, needed, planOf(plan, name), [...waiting, step.name])));
    }
    return [...steps, step];
  }

  #prepareSync(operation: string, source: unknown, plan: LoadPlan, waiting: readonly string[]): Step[] {
    const draft = this.#draft(operation, arrivedAs(operation, source), plan);
    const module = compileSync(operation, draft);
    const step = { ...draft, module, plan, waiting };
    const steps: Step[] = [];
    for (const name of this.#absent(step)) {
      const needed = plan.needed?.(name);
      if (needed === undefined) continue;
      steps.push(...this.#prepareSync(operation, needed, planOf(plan, name), [...waiting, step.name]));
    }
    return [...steps, step];
  }

  #draft(operation: string, arrived: Arrived, { name, initialize }: LoadPlan): Draft {
    const draft = draftOf(operation, arrived, name, `module ${++this.#count}`);
    const { binary, dylink, names } = draft;
    if (initialize && dylink !== undefined && binary !== undefined) {
      requireConstructors(operation, draft.name, binary, names);
    }
    return draft;
  }

  #place(operation: string, step: Step, imports: WebAssembly.Imports): Placement {
    const [missing] = this.#absent(step);
    if (missing !== undefined) {
      const detail = `'${step.name}' needs '${missing}': load that first, with this name, or give the option needed`;
      throw makeError('missing_import', operation, detail);
    }
    // Of two modules that need each other, the first cannot find yet what the second has.
    const isCyclic = step.dylink?.needed.some((name) => step.waiting.includes(name)) === true;
    return new Placement(this.#scope, operation, step, imports, { ...step.plan, lazy: step.plan.lazy || isCyclic });
  }

  /** The modules that one needs and that neither are there nor wait for it. */
  #absent({ dylink, waiting }: Step): string[] {
    const needed = dylink?.needed ?? [];
    return needed.filter((name) => !waiting.includes(name) && this.#named(name) === undefined);
  }

  /** Whether a module that another one needs has come meanwhile. */
  #isThere({ name, waiting }: Step): boolean {
    return waiting.length > 0 && this.#named(name) !== undefined;
  }

  #named(name: string): LoadedModule | undefined {
    return this.#scope.modules.find((module) => module.name === name);
  }
}

/** One module of those that are loaded by one call. */
interface Step extends Prepared {
  readonly plan: LoadPlan;
  /** The names of the modules that need it, and are loaded after it. */
  readonly waiting: readonly string[];
}

/** How a module is loaded that another one needs. */
function planOf(plan: LoadPlan, name: string): LoadPlan {
  return { ...plan, name, spans: undefined };
}

/** Unloads what was loaded for the sake of a module that could not be loaded after all. */
function takeBack(loaded: readonly LoadedModule[]): void {
  const [first, ...rest] = loaded.filter(({ isLoaded }) => isLoaded);
  try {
    first?.unload(...rest);
  } catch {
    // One that waited before uses it now: then it stays. Or a destructor failed; the first error says more.
  }
}

async function compile(operation: string, { bytes, compiled }: Draft): Promise<WebAssembly.Module> {
  if (compiled !== undefined || bytes === undefined) return compiled as WebAssembly.Module;
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw compileError(error, operation);
  }
}

function compileSync(operation: string, { bytes, compiled }: Draft): WebAssembly.Module {
  if (compiled !== undefined || bytes === undefined) return compiled as WebAssembly.Module;
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    throw compileError(error, operation);
  }
}
