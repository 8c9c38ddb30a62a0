// Purpose: finds for each import of a module what it is to get, before anything is done for the module: what
//          nobody has is refused here, and nothing has changed.
// Floor:   door js.
//
// What the caller gives comes first, then what the heap itself has (its memory, its table, `malloc` and
// its family), then what the modules loaded before offer, the first loaded first.

import { makeError } from '../errors.js';
import type { Binary, FunctionType } from './binary.js';
import type { Dylink } from './custom.js';
import type { Offer } from './exports.js';
import { gotEntry, lateEntry, type GotEntry } from './got.js';
import type { LoadedModule } from './loaded-module.js';
import type { Found, Scope } from './scope.js';
import { trampolines, type LateFunction } from './trampolines.js';

/** What a module to be linked is, and is given. */
export interface LinkRequest {
  readonly operation: string;
  readonly module: WebAssembly.Module;
  readonly binary: Binary | undefined;
  readonly dylink: Dylink | undefined;
  readonly imports: WebAssembly.Imports;
  /** What this loader itself gives under `env`, unless the caller does. */
  readonly extra: Readonly<Record<string, WebAssembly.ImportValue>>;
  readonly lazy: boolean;
}

/** A module's imports, resolved. */
export interface Links {
  /** The object for the engine; the globals that say where a module is placed are not in it yet. */
  readonly imports: ImportSpaces;
  /** The names of those globals, as far as the module imports them. */
  readonly places: readonly PlaceName[];
  readonly got: GotEntry[];
  /** The names under which the module exports functions that it only imports, and that are not there yet. */
  readonly lateExports: ReadonlySet<string>;
  readonly providers: Set<LoadedModule>;
  /** Which of the memories that it imports (counted from 0) is the heap's. */
  readonly heapMemories: readonly number[];
  /** How many memories it imports. */
  readonly memories: number;
  /** Whether it imports the table that the modules share. */
  readonly usesTable: boolean;
}

/** Imports, by module and name. */
export type ImportSpaces = Record<string, Record<string, WebAssembly.ImportValue>>;

/** The globals of `env` that say where a position-independent module is placed. */
const placeNames = ['__memory_base', '__table_base', '__stack_pointer'] as const;
export type PlaceName = (typeof placeNames)[number];

type Callable = (...parameters: unknown[]) => unknown;

/**
 * Resolves all imports.
 *
 * @throws TypeError `missing_import`, naming all that are missing
 */
export function link(scope: Scope, request: LinkRequest): Links {
  const { operation, module, dylink } = request;
  const imports: ImportSpaces = {};
  const places: PlaceName[] = [];
  const got: GotEntry[] = [];
  const late: (LateFunction & { readonly from: string })[] = [];
  const providers = new Set<LoadedModule>();
  const heapMemories: number[] = [];
  const missing: string[] = [];
  const tables: { from: string; name: string }[] = [];
  let table: WebAssembly.ImportValue | undefined;
  let memories = 0;
  const own = ownExports(request);

  for (const [index, { module: from, name, kind }] of WebAssembly.Module.imports(module).entries()) {
    const give = (value: WebAssembly.ImportValue): void => {
      setImport(imports, from, name, value);
    };
    const given = givenImport(request.imports, from, name);
    if (kind === 'memory') {
      const value = given ?? scope.heap.memory;
      if (value === scope.heap.memory) heapMemories.push(memories);
      memories++;
      give(value);
    } else if (kind === 'table' && (dylink !== undefined || (given === undefined && isTableName(name)))) {
      tables.push({ from, name });
      table ??= given;
    } else if (given !== undefined) give(given);
    else if (dylink !== undefined && kind === 'global' && from === 'env' && isPlaceName(name)) places.push(name);
    else if (dylink !== undefined && kind === 'global' && (from === 'GOT.mem' || from === 'GOT.func')) {
      const isData = from === 'GOT.mem';
      const entry = gotEntry(isData ? 'data' : 'function', name, givenAddress(scope, request.imports, isData, name));
      give(entry.global);
      const found = entry.given === undefined ? scope.offered(name, entry.kind) : undefined;
      if (found?.provider !== undefined) providers.add(found.provider);
      const isOwnName = own.has(`${isData ? 'global' : 'function'} ${name}`);
      const isThere = entry.given !== undefined || found !== undefined || isOwnName;
      if (isThere || request.lazy) got.push(entry);
      else if (!dylink.weak.has(name)) missing.push(`the address of the ${isData ? 'variable' : 'function'} ${name}`);
    } else {
      const found = importFrom(scope, request, from, name, kind as Offer['kind']);
      if (found !== undefined) {
        if (found.provider !== undefined) providers.add(found.provider);
        give(found.value);
      } else if (kind === 'function' && (isOwn(own, dylink, from, name) || (request.lazy && !isWeak(dylink, name)))) {
        // The engine wants a function now, and the one that is meant is there later.
        late.push({ from, name, type: typeOf(request.binary, index) });
      } else if (kind === 'function' && isWeak(dylink, name)) give(missingFunction(from, name));
      else missing.push(`${kind} ${from}.${name}`);
    }
  }
  if (missing.length > 0) throw missingError(operation, missing);
  if (table !== undefined) scope.useTable(operation, table);
  for (const { from, name } of tables) setImport(imports, from, name, scope.table.table);
  for (const trampoline of late.length === 0 ? [] : trampolines(scope.table.table, late)) {
    setImport(imports, trampoline.from, trampoline.name, trampoline.call);
    got.push(lateEntry(trampoline));
  }
  const lateExports = handedOn(request, late);
  const usesTable = tables.length > 0;
  return { imports, places, got, lateExports, providers, heapMemories, memories, usesTable };
}

/** Puts a value among the imports, whatever it is called. */
export function setImport(imports: ImportSpaces, from: string, name: string, value: WebAssembly.ImportValue): void {
  const space = Object.hasOwn(imports, from) ? imports[from] : undefined;
  // Not by assignment, which does something else for `__proto__`.
  const define = (object: object, key: string, what: unknown): void => {
    Object.defineProperty(object, key, { value: what, enumerable: true, writable: true, configurable: true });
  };
  if (space === undefined) define(imports, from, {});
  define(imports[from] ?? {}, name, value);
}

/** The kinds and names of what a module has itself; what it exports and only imports is left out. */
function ownExports(request: LinkRequest): Set<string> {
  const notOwn = handedOn(request);
  const exports = WebAssembly.Module.exports(request.module).filter(({ name }) => !notOwn.has(name));
  return new Set(exports.map(({ name, kind }) => `${kind} ${name}`));
}

/** The names under which a module exports functions that it imports: all, or certain ones. */
function handedOn({ binary }: LinkRequest, only?: readonly { from: string; name: string }[]): Set<string> {
  const functions = binary?.imports.filter(({ kind }) => kind === 'function') ?? [];
  const key = (from: string, name: string): string => JSON.stringify([from, name]);
  const meant = only && new Set(only.map(({ from, name }) => key(from, name)));
  const names = new Set<string>();
  for (const [name, index] of binary?.exportedFunctions ?? []) {
    const imported = functions[index];
    if (imported !== undefined && meant?.has(key(imported.module, imported.name)) !== false) names.add(name);
  }
  return names;
}

/** What the caller gives under a name. What every object has is not meant. */
function givenImport(imports: WebAssembly.Imports, from: string, name: string): WebAssembly.ImportValue | undefined {
  const space = property(imports, from);
  return space === undefined ? undefined : (property(space, name) as WebAssembly.ImportValue | undefined);
}

function property(object: object, name: string): object | undefined {
  const value = (object as Record<string, object | undefined>)[name];
  return value === (Object.prototype as unknown as Record<string, unknown>)[name] ? undefined : value;
}

function isTableName(name: string): boolean {
  return name === '__indirect_function_table' || name === 'table';
}

/**
 * Whether a module exports the function that it imports. C++ does so with inline functions, of which
 * each module has a copy and the first loaded is meant.
 */
function isOwn(own: ReadonlySet<string>, dylink: Dylink | undefined, from: string, name: string): boolean {
  return dylink !== undefined && from === 'env' && own.has(`function ${name}`);
}

function isWeak(dylink: Dylink | undefined, name: string): boolean {
  return dylink?.weak.has(name) === true;
}

/** The type of an imported function. */
function typeOf(binary: Binary | undefined, index: number): FunctionType | undefined {
  const type = binary?.imports[index]?.type;
  return type === undefined ? undefined : binary?.types[type];
}

function isPlaceName(name: string): name is PlaceName {
  return (placeNames as readonly string[]).includes(name);
}

/** What the caller, this loader, the heap, or a module loaded before has for an import. */
function importFrom(
  scope: Scope,
  { extra }: LinkRequest,
  from: string,
  name: string,
  kind: Offer['kind'],
): Found | undefined {
  if (from !== 'env') return scope.offered(name, kind, from);
  const own = Object.hasOwn(extra, name) ? extra[name] : scope.own(name);
  if (kind === 'function' && own !== undefined) return { value: own, provider: undefined };
  return scope.offered(name, kind);
}

/** What the caller or the heap has for an entry of the global offset table: a number, a global or a function. */
function givenAddress(
  scope: Scope,
  imports: WebAssembly.Imports,
  isData: boolean,
  name: string,
): WebAssembly.ImportValue | undefined {
  return givenImport(imports, 'env', name) ?? (isData ? undefined : scope.own(name));
}

/** Stands for a function that may be missing; a module looks whether it has an address before it calls. */
function missingFunction(from: string, name: string): Callable {
  return () => {
    throw makeError('missing_import', name, `${from}.${name} was allowed to be missing, and was called`);
  };
}

const mostNamed = 10;

function missingError(operation: string, missing: readonly string[]): Error {
  const more = missing.length - mostNamed;
  const named = missing.slice(0, mostNamed).join(', ');
  return makeError('missing_import', operation, more > 0 ? `${named} and ${more} more` : named);
}
