// Purpose: finds the stack of a module that says nothing about it. Compilers keep the stack pointer in a
//          global, which begins with the stack's top; but a release build has lost its name.
// Floor:   door js.

import type { Binary } from './binary.js';
import type { Names } from './custom.js';

/** The number of the global that is the stack pointer, or `undefined` when there seems to be none. */
export function stackPointerOf({ imports, globals, exportedGlobals, code }: Binary, names: Names): number | undefined {
  const named = exportedGlobals.get('__stack_pointer') ?? names.globals.get('__stack_pointer');
  if (named !== undefined || names.globals.size > 0 || code === undefined) return named;
  // LLVM's linker makes it the first global of the module's own, and LLVM takes room on the stack by
  // subtracting from it. Somebody else's counter is added to.
  const first = imports.filter(({ kind }) => kind === 'global').length;
  const global = globals[first];
  if (global?.isInt32 !== true || !global.isMutable) return undefined;
  return isLowered(code, first) ? first : undefined;
}

/** Whether code somewhere subtracts a constant from a global. */
function isLowered(code: Uint8Array, global: number): boolean {
  for (let at = code.indexOf(0x23); at >= 0; at = code.indexOf(0x23, at + 1)) {
    // global.get, i32.const, and then i32.sub, or, as optimizers rewrite it, i32.add of a negative number.
    const index = readNumber(code, at + 1);
    if (index.value !== global || code[index.end] !== 0x41) continue;
    const constant = readNumber(code, index.end + 1);
    const operator = code[constant.end];
    if (operator === (constant.isNegative ? 0x6a : 0x6b)) return true;
  }
  return false;
}

/** A number in LEB128; what looks like one but is none does no harm here. */
function readNumber(code: Uint8Array, from: number): { value: number; isNegative: boolean; end: number } {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = code[from + i] ?? 0;
    value += (byte & 127) * 128 ** i;
    if (byte < 128) return { value, isNegative: (byte & 64) !== 0, end: from + i + 1 };
  }
  return { value: -1, isNegative: false, end: code.length };
}
