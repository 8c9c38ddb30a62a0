// Purpose: what a module waits for by name: the addresses of variables and functions in its global offset
//          table, and functions that come with itself or a later module.
// Floor:   door js.

import { makeError } from '../errors.js';
import type { LoadedModule } from './loaded-module.js';
import type { Found, Scope } from './scope.js';
import type { LateFunction, Trampoline } from './trampolines.js';

/** An entry of a global offset table: a global that holds an address. */
export interface GotEntry {
  readonly kind: 'data' | 'function';
  readonly name: string;
  readonly global: WebAssembly.Global<'i32'>;
  /** What the caller or the heap gives for it; `undefined`: it comes from a module. */
  readonly given: WebAssembly.ImportValue | undefined;
  /** Whether it is for a trampoline: a module can begin without a function that it may call some day. */
  readonly mayWait: boolean;
  /** Whether the global has its value. */
  isSettled: boolean;
  /** The module that it is from. */
  provider: LoadedModule | undefined;
}

/** An entry for an address that the module looks up by name. */
export function gotEntry(kind: GotEntry['kind'], name: string, given: WebAssembly.ImportValue | undefined): GotEntry {
  const global = new WebAssembly.Global({ value: 'i32', mutable: true }, 0);
  return { kind, name, global, given, mayWait: false, isSettled: false, provider: undefined };
}

/** An entry for a function that is called through a trampoline, which looks for its slot in a global. */
export function lateEntry({ name, slot: global }: LateFunction & Trampoline): GotEntry {
  return { kind: 'function', name, global, given: undefined, mayWait: true, isSettled: false, provider: undefined };
}

/** Fills in the entries that the caller or the heap gives something for. */
export function settleGiven(scope: Scope, operation: string, entries: readonly GotEntry[]): void {
  for (const entry of entries) {
    if (entry.given !== undefined) settleEntry(scope, operation, entry, { value: entry.given, provider: undefined });
  }
}

/** Fills in what a module waits for, as far as it is there. */
export function settle(scope: Scope, operation: string, module: LoadedModule): void {
  for (const entry of module.parts.got) {
    if (entry.isSettled) continue;
    const found = scope.offered(entry.name, entry.kind);
    if (found === undefined) continue;
    settleEntry(scope, operation, entry, found);
    found.provider?.addUser(module);
  }
}

/** Takes back what a module has given to others, who wait for it again. */
export function unsettle(modules: readonly LoadedModule[], provider: LoadedModule): void {
  for (const module of modules) {
    for (const entry of module.parts.got) {
      if (entry.provider !== provider) continue;
      entry.global.value = 0;
      entry.isSettled = false;
      entry.provider = undefined;
      if (!entry.mayWait) module.waits();
    }
  }
}

function settleEntry(scope: Scope, operation: string, entry: GotEntry, { value, provider }: Found): void {
  const isData = entry.kind === 'data';
  entry.global.value = isData ? addressOf(operation, entry, value) : slotOf(scope, operation, entry, value, provider);
  entry.isSettled = true;
  entry.provider = provider;
}

function addressOf(operation: string, { name }: GotEntry, value: unknown): number {
  const address: unknown = typeof value === 'number' ? value : (value as Partial<WebAssembly.Global> | null)?.value;
  if (Number.isInteger(address)) return (address as number) | 0;
  throw makeError('missing_import', operation, `the address of the variable ${name}: what was given is no number`);
}

function slotOf(
  scope: Scope,
  operation: string,
  { name }: GotEntry,
  value: unknown,
  provider: LoadedModule | undefined,
): number {
  const { table } = scope;
  try {
    const { slot, isNew } = table.slotOf(operation, value);
    // A slot for what no module has stays for good: nobody could tell when its last user is gone.
    if (isNew) provider?.parts.holding.slots(table, slot);
    return slot;
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const detail = `the address of the function ${name}: only a function that a module exports has one`;
    throw makeError('missing_import', operation, detail, undefined, { cause });
  }
}
