// Purpose: notices constructors that nobody can run. LLVM's linker puts them into a function that it exports
//          only when asked to; without it a module's static objects would silently stay zero.
// Floor:   door js.

import { makeError } from '../errors.js';
import type { Binary } from './binary.js';
import type { Names } from './custom.js';
import { Reader } from './reader.js';

const constructors = '__wasm_call_ctors';

/** The bytes of a function that does nothing: no locals, and its end. */
const emptyBytes = 2;

/**
 * Refuses a module that has constructors and does not export them, as far as it has names to see it by.
 *
 * @throws TypeError `invalid_module`
 */
export function requireConstructors(operation: string, name: string, binary: Binary, names: Names): void {
  const { exportedFunctions, imports, code } = binary;
  const index = names.functions.get(constructors);
  if (index === undefined || code === undefined) return;
  if (exportedFunctions.has(constructors) || exportedFunctions.has('_initialize')) return;
  const imported = imports.filter(({ kind }) => kind === 'function').length;
  const reader = new Reader(code, operation, 'its code');
  const count = reader.count();
  if (index < imported || index - imported >= count) return;
  let body = reader.sized('its code');
  for (let at = imported; at < index; at++) body = reader.sized('its code');
  if (body.left <= emptyBytes) return;
  const advice = `link it with --export-if-defined=${constructors}, or load it with initialize: false`;
  throw makeError('invalid_module', operation, `'${name}' has constructors that it does not export; ${advice}`);
}
