// Purpose: makes a heap's memory smaller: `Heap.trim` and what goes with it.
// Floor:   door js.
//
//   quarantine ── fewer pages ── another memory ── the core over it ── the instances over it ── their data kept

import { CoreAllocator } from '../core.js';
import { makeError } from '../errors.js';
import { isShared } from '../instance.js';
import { maker } from '../maker.js';
import type { HeapImports } from '../modules/loader.js';
import { compileError } from '../modules/prepared.js';
import { arrive, arrivedAs, type ModuleBytes, type ModuleSource } from '../modules/source.js';
import type { OpenHeap } from '../open.js';
import { Bindings } from './bindings.js';
import { NewBoundInstance, type Binder, type BoundInstance, type BoundModule } from './bound-instance.js';
import { InstanceImports, type BoundImports, type HeapGives } from './imports.js';
import { KeptData } from './kept-data.js';
import { Lineage } from './lineage.js';
import type { Movable } from './movable.js';
import { purge } from './purge.js';
import { reachable } from './reach.js';
import { Recorder, UserRecorder } from './recorder.js';
import { shrink, type Shrunk } from './shrink.js';

/** What moves one heap. */
export class Mover {
  readonly #movable: Movable;
  readonly #lineage = new Lineage();
  readonly #bindings = new Bindings(this.#lineage);
  readonly #binder: Binder;
  readonly #gives: HeapGives;
  /** Whether anybody has ever wanted an instance. */
  #isAsked = false;

  constructor(movable: Movable) {
    this.#movable = movable;
    this.#gives = {
      lineage: this.#lineage,
      heapImports: () => {
        const { open, heap } = this.#movable;
        if (open === undefined) return {} as HeapImports; // an adopted allocator is not one that C could call
        this.#learn(heap.imports);
        return heap.imports;
      },
    };
    this.#binder = {
      lineage: this.#lineage,
      memory: () => this.#movable.open?.memory,
      unbind: (instance) => {
        this.#bindings.remove(instance);
      },
    };
  }

  trim(): number {
    const operation = 'trim';
    const { open, hasModules, isShort, heap } = this.#movable;
    if (open === undefined) throw adopted(operation);
    if (isShared(open.memory)) {
      throw makeError('unsupported_operation', operation, 'other agents have the shared memory, and would stay in it');
    }
    if (hasModules) {
      throw makeError('module_in_use', operation, 'modules that heap.load has loaded stay where they are: unload them');
    }
    if (isShort) throw makeError('unsupported_operation', operation, 'a request waits for memory in the old place');
    let pages = 0;
    heap.whileMoving(operation, () => {
      pages = this.#move(operation, open);
    });
    return pages;
  }

  bind<Result>(spawn: () => Result, respawn: () => unknown): Result {
    return this.#bindings.bind('bind', spawn, respawn);
  }

  unbind(respawn: unknown): boolean {
    return this.#bindings.unbind('unbind', respawn);
  }

  async instantiate(source: ModuleSource, imports: BoundImports): Promise<BoundInstance> {
    const operation = 'instantiate';
    this.#learn(this.#movable.importsIfMade); // the heap may have moved when the module arrives
    const { bytes, compiled } = await arrive(operation, source);
    if (compiled !== undefined) return this.#instantiate({ operation, ...same(compiled) }, imports);
    return this.#instantiate(await compile(operation, bytes as Uint8Array<ArrayBuffer>), imports);
  }

  instantiateSync(source: ModuleBytes, imports: BoundImports): BoundInstance {
    const operation = 'instantiateSync';
    const { bytes, compiled } = arrivedAs(operation, source);
    if (compiled !== undefined) return this.#instantiate({ operation, ...same(compiled) }, imports);
    return this.#instantiate(compileSync(operation, bytes as Uint8Array<ArrayBuffer>), imports);
  }

  purge(): number {
    const { open } = this.#movable;
    if (open === undefined) throw adopted('purge');
    return purge(open);
  }

  /** At once, for whoever moves the heap in between would leave the instance behind. */
  #instantiate(module: BoundModule, given: BoundImports): BoundInstance {
    const { operation, first } = module;
    const isPositionIndependent = WebAssembly.Module.customSections(first, 'dylink.0').length > 0;
    if (isPositionIndependent) throw makeError('invalid_module', operation, 'heap.load is for those with a dylink.0');
    this.#learn(this.#movable.importsIfMade);
    const imports = new InstanceImports(operation, first, given, this.#gives);
    const instance = new NewBoundInstance(maker, module, imports, this.#binder);
    this.#bindings.add(instance);
    return instance;
  }

  #move(operation: string, open: OpenHeap): number {
    const movable = this.#movable;
    movable.release(operation);
    const shrunk = shrink(operation, open, this.#bindings.leastPages);
    if (shrunk === undefined) return 0;
    const { importsIfMade } = movable;
    const allocator = new CoreAllocator(shrunk.open);
    movable.rebase(shrunk.open, allocator);
    if (this.#isAsked) this.#succeed(open, shrunk.open, importsIfMade);
    const errors = this.#bindings.isEmpty ? [] : this.#respawn(operation, open, shrunk, allocator);
    shrunk.leave();
    // As after growing: views on what was left behind are detached, and do not show the past.
    WebAssembly.Memory.prototype.grow.call(open.memory, 0);
    if (errors.length > 1) throw new AggregateError(errors, `${operation}: several instances could not be put there`);
    if (errors.length > 0) throw errors[0];
    return shrunk.pages;
  }

  #respawn(
    operation: string,
    { memory: from }: OpenHeap,
    { open }: Shrunk,
    allocator: CoreAllocator,
  ): unknown[] {
    let kept: KeptData | undefined;
    try {
      return this.#bindings.respawn(operation, { from, to: open.memory }, (respawn) => {
        const data = (kept ??= new KeptData(from, open));
        this.#movable.watch(new Recorder(allocator, data), (front) => new UserRecorder(front, data));
        data.begin();
        try {
          respawn();
        } finally {
          data.end();
        }
      });
    } finally {
      this.#movable.watch();
    }
  }

  /** What is imported of the heap is another one from now on. */
  #succeed(from: OpenHeap, to: OpenHeap, oldImports: HeapImports | undefined): void {
    this.#lineage.succeed(from.memory, to.memory);
    if (oldImports === undefined) return;
    const { imports } = this.#movable.heap;
    for (const [name, old] of Object.entries(oldImports)) this.#lineage.succeed(old, imports[name]);
  }

  /** What the heap gives to import will have successors. */
  #learn(imports: HeapImports | undefined): void {
    this.#isAsked = true;
    const things = [this.#movable.open?.memory, ...Object.values(imports ?? {})];
    for (const thing of things) this.#lineage.line(thing);
  }
}

function adopted(operation: string): Error {
  return makeError('unsupported_operation', operation, 'the allocator was adopted');
}

/** A compiled module does not show its bytes: there is only one form of it. */
function same(module: WebAssembly.Module): Omit<BoundModule, 'operation'> {
  return { first: module, again: module, prefix: undefined, leastPages: 0 };
}

/** Compiles what can be rewritten in both forms; else, or when the engine does not like them, as it is. */
function compileSync(operation: string, bytes: Uint8Array<ArrayBuffer>): BoundModule {
  const forms = reachable(operation, bytes);
  try {
    if (forms !== undefined) {
      const first = new WebAssembly.Module(forms.first);
      const again = forms.again === forms.first ? first : new WebAssembly.Module(forms.again);
      return { ...forms, operation, first, again };
    }
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
  }
  try {
    return { operation, ...same(new WebAssembly.Module(bytes)) };
  } catch (error) {
    throw compileError(error, operation);
  }
}

/** As {@link compileSync}, without holding up the thread. */
async function compile(operation: string, bytes: Uint8Array<ArrayBuffer>): Promise<BoundModule> {
  const forms = reachable(operation, bytes);
  try {
    if (forms !== undefined) {
      const first = WebAssembly.compile(forms.first);
      const [one, again] = await Promise.all([
        first,
        forms.again === forms.first ? first : WebAssembly.compile(forms.again),
      ]);
      return { ...forms, operation, first: one, again };
    }
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
  }
  try {
    return { operation, ...same(await WebAssembly.compile(bytes)) };
  } catch (error) {
    throw compileError(error, operation);
  }
}
