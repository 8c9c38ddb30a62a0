// Purpose: a module that has arrived: its bytes are read, and it can be compiled.
// Floor:   door js.

import { makeError } from '../errors.js';
import { readBinary, type Binary } from './binary.js';
import { readDylink, readNames, type Dylink, type Names } from './custom.js';
import type { Arrived } from './source.js';

/** A module that is about to be placed. */
export interface Prepared {
  readonly module: WebAssembly.Module;
  /** What its bytes tell; `undefined` for one that came compiled. */
  readonly binary: Binary | undefined;
  /** Of a position-independent module. */
  readonly dylink: Dylink | undefined;
  readonly names: Names;
  readonly name: string;
}

/** All but the compiled module. */
export interface Draft extends Omit<Prepared, 'module'> {
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  readonly compiled: WebAssembly.Module | undefined;
}

/**
 * Reads a module.
 *
 * @param name what the caller calls it
 * @param otherwise what to call it if nobody does
 * @throws TypeError `invalid_module`, `unsupported_memory`
 */
export function draftOf(operation: string, arrived: Arrived, name: string | undefined, otherwise: string): Draft {
  const { bytes, compiled } = arrived;
  const binary = bytes === undefined ? undefined : readBinary(operation, bytes);
  const custom = (section: string): Uint8Array | undefined => {
    if (binary !== undefined) return binary.customs.get(section);
    const [first] = compiled === undefined ? [] : WebAssembly.Module.customSections(compiled, section);
    return first === undefined ? undefined : new Uint8Array(first);
  };
  if (custom('dylink') !== undefined) {
    const detail = "its section 'dylink' is of before 2021; a new build has a section 'dylink.0'";
    throw makeError('invalid_module', operation, detail);
  }
  const names = readNames(operation, custom('name'));
  const called = name ?? names.module ?? arrived.name ?? otherwise;
  if (binary?.imports.some(({ kind, limits }) => kind === 'memory' && limits?.isWide === true) === true) {
    throw makeError('unsupported_memory', operation, `'${called}' imports one with 64-bit addresses`);
  }
  const section = custom('dylink.0');
  const dylink = section === undefined ? undefined : readDylink(operation, section);
  return { bytes, compiled, binary, dylink, names, name: called };
}

/** The error for bytes that the engine does not compile; others stay as they are. */
export function compileError(error: unknown, operation: string): unknown {
  if (!(error instanceof WebAssembly.CompileError)) return error;
  return makeError('invalid_module', operation, error.message, undefined, { cause: error });
}

/** The error for a module that the engine does not put together with its imports; others stay as they are. */
export function instantiateError(error: unknown, operation: string): unknown {
  if (!(error instanceof WebAssembly.LinkError)) return error;
  return makeError('invalid_module', operation, error.message, undefined, { cause: error });
}
