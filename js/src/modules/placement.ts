// Purpose: gives one module what it needs of the heap, in two steps: before it is instantiated (its imports,
//          its room in the memory and the table) and after (its exports, the addresses that it waits for, its
//          constructors). Whatever fails in between, all is given back.
// Floor:   door js.

import { readExports } from './exports.js';
import { settle, settleGiven, unsettle } from './got.js';
import { Holding } from './holding.js';
import { link, type Links } from './link.js';
import { maker } from '../maker.js';
import type { LoadPlan } from './load-options.js';
import { NewLoadedModule, type LoadedModule } from './loaded-module.js';
import { placeAnywhere } from './place-anywhere.js';
import { placeFixed } from './place-fixed.js';
import type { Prepared } from './prepared.js';
import type { Room } from './room.js';
import type { Scope } from './scope.js';

type Destructor = (argument: number) => void;

export class Placement {
  readonly #scope: Scope;
  readonly #operation: string;
  readonly #prepared: Prepared;
  readonly #plan: LoadPlan;
  readonly #holding: Holding;
  readonly #atExit: (() => void)[] = [];
  readonly #links: Links;
  readonly #room: Room;
  #loaded: LoadedModule | undefined;

  constructor(scope: Scope, operation: string, prepared: Prepared, imports: WebAssembly.Imports, plan: LoadPlan) {
    this.#scope = scope;
    this.#operation = operation;
    this.#prepared = prepared;
    this.#plan = plan;
    this.#holding = new Holding(scope.allocator);
    const { module, binary, dylink } = prepared;
    const extra = dylink === undefined ? {} : { __cxa_atexit: this.#registerDestructor };
    this.#links = link(scope, { operation, module, binary, dylink, imports, extra, lazy: plan.lazy });
    // Whoever it imports from must stay while it is instantiated, which takes a while and may call anything.
    for (const provider of this.#links.providers) provider.holdFor(prepared);
    const place = dylink === undefined ? placeFixed : placeAnywhere;
    try {
      this.#room = place(scope, operation, prepared, this.#links, plan, this.#holding);
      settleGiven(scope, operation, this.#links.got);
    } catch (error) {
      this.undo();
      throw error;
    }
  }

  /** What to instantiate the module with. */
  get imports(): WebAssembly.Imports {
    return this.#links.imports;
  }

  /** Gives back all that was taken for the module. */
  undo(): void {
    this.#letGo();
    try {
      if (this.#loaded === undefined) this.#holding.release();
      else {
        unsettle(this.#scope.modules, this.#loaded);
        this.#loaded.remove();
      }
    } catch {
      // Something of it was freed by others; why the module could not be loaded is the better error.
    }
  }

  /** Makes it one of the heap's modules, and runs the constructors of all that have what they need now. */
  finish(instance: WebAssembly.Instance): LoadedModule {
    const { module, dylink, name } = this.#prepared;
    const { modules } = this.#scope;
    const loaded = new NewLoadedModule(maker, {
      ...this.#room,
      ...readExports(instance, module, dylink, this.#room.memoryBase, this.#links.lateExports),
      name,
      module,
      instance,
      holding: this.#holding,
      clear: () => {
        this.#clear();
      },
      got: this.#links.got,
      providers: new Set(),
      callsConstructors: this.#plan.initialize,
      atExit: this.#atExit,
      modules,
    });
    modules.push(loaded);
    this.#loaded = loaded;
    for (const provider of this.#links.providers) provider.addUser(loaded);
    this.#letGo();
    this.#learnSlots(instance);
    for (const each of modules) settle(this.#scope, this.#operation, each);
    const ready = modules.filter(
      (each) => !each.isReady && each.parts.got.every(({ isSettled, mayWait }) => isSettled || mayWait),
    );
    for (const each of ready) {
      each.becomeReady();
      callExport(each, '__wasm_apply_data_relocs');
    }
    for (const each of ready) {
      if (each.isConstructed) continue;
      each.isConstructed = true;
      if (!each.parts.callsConstructors) continue;
      if (!callExport(each, '_initialize')) callExport(each, '__wasm_call_ctors');
    }
    return loaded;
  }

  /**
   * Remembers the slots that its functions have already, so that the address of each is one. JavaScriptCore
   * gives another object for a function in a table than for the same one as an export, so that the module's
   * bytes say it better than the table.
   */
  #learnSlots({ exports }: WebAssembly.Instance): void {
    const { tableBase, tableLength, slots } = this.#room;
    if (tableLength === 0) return;
    const { table } = this.#scope;
    if (slots === undefined) {
      for (let slot = tableBase; slot < tableBase + tableLength; slot++) {
        const wasmFunction: unknown = table.table.get(slot);
        if (wasmFunction !== null) table.learn(wasmFunction, slot);
      }
      return;
    }
    for (const [name, index] of this.#prepared.binary?.exportedFunctions ?? []) {
      const slot = slots.get(index);
      if (slot !== undefined) table.learn(exports[name], slot);
    }
  }

  /** What the heap manages, it makes zero when it is needed; but a fixed module may lie elsewhere. */
  #clear(): void {
    if (this.#prepared.dylink !== undefined) return;
    for (const { begin, end } of this.#room.ranges) this.#scope.heap.fill(begin, end - begin);
  }

  #letGo(): void {
    for (const provider of this.#links.providers) provider.letGo(this.#prepared);
  }

  /** `__cxa_atexit`: what C++ registers the destructors of its static objects by. */
  readonly #registerDestructor = (slot: number, argument: number): number => {
    const { table } = this.#scope.table;
    this.#atExit.push(() => {
      (table.get(slot >>> 0) as Destructor)(argument);
    });
    return 0;
  };
}

/** Calls an export without parameters; gives whether there is one. */
function callExport({ instance }: LoadedModule, name: string): boolean {
  const exported = instance.exports[name];
  if (typeof exported !== 'function') return false;
  exported();
  return true;
}
