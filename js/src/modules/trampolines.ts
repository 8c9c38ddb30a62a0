// Purpose: functions to import in the place of others that come later: each calls what stands in a slot of
//          the table, and the slot's number is filled in when it is known. They are WebAssembly, so that a
//          call does not pass through JavaScript, which would cost more and cannot hand on every type.
// Floor:   door js.

import { makeError } from '../errors.js';
import { assemble, body, code, exportedFunction, i32, importedFunction, sized, text } from './assemble.js';
import type { FunctionType } from './binary.js';

/** A function that comes later. */
export interface LateFunction {
  readonly name: string;
  /** `undefined` where it is not known: for a module that came compiled. */
  readonly type: FunctionType | undefined;
}

export interface Trampoline {
  /** What is called in its place. */
  readonly call: (...parameters: never[]) => unknown;
  /** The slot of the function itself; 0 until it is there. */
  readonly slot: WebAssembly.Global<'i32'>;
}

/** As many as make a module short enough to be compiled at once everywhere: less than 4 KiB. */
const mostAtOnce = 32;

/** Makes one for each. */
export function trampolines<Late extends LateFunction>(
  table: WebAssembly.Table,
  functions: readonly Late[],
): (Late & Trampoline)[] {
  const made: (Late & Trampoline)[] = [];
  const typed = functions.filter(({ type }) => type !== undefined && type.bytes.length <= mostTypeBytes);
  for (let at = 0; at < typed.length; at += mostAtOnce) {
    const some = typed.slice(at, at + mostAtOnce);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytesFor(some)), {
      '': { table, missing: (index: number) => refuse(some[index]?.name ?? '') },
    });
    for (const [index, late] of some.entries()) {
      const call = exports[`f${index}`] as Trampoline['call'];
      made.push({ ...late, call, slot: exports[`s${index}`] as WebAssembly.Global<'i32'> });
    }
  }
  for (const late of functions) {
    if (typed.includes(late)) continue;
    const slot = new WebAssembly.Global({ value: 'i32', mutable: true }, 0);
    const call = (...parameters: never[]): unknown => {
      if (slot.value === 0) refuse(late.name);
      return (table.get(slot.value) as Trampoline['call'])(...parameters);
    };
    made.push({ ...late, call, slot });
  }
  return made;
}

/** A longer one could make the module too long: there is one for each parameter and result. */
const mostTypeBytes = 24;

function refuse(name: string): never {
  throw makeError('missing_import', name, 'the module that has it is not loaded yet');
}

/**
 * (func (export "f0") (param …) (result …)
 *   (if (i32.eqz (global.get $s0)) (then (call $missing (i32.const 0))))
 *   (call_indirect (type 0) (local.get 0) … (global.get $s0)))
 */
function bytesFor(functions: readonly LateFunction[]): Uint8Array<ArrayBuffer> {
  const missingType = functions.length;
  return assemble({
    types: [...functions.map(({ type }) => [...(type?.bytes ?? [])]), [0x60, ...sized([i32]), ...sized([])]],
    imports: [importedFunction('missing', missingType), [0, ...text('table'), 0x01, 0x70, 0x00, 0x00]],
    functions: functions.map((_, index) => index),
    globals: functions.map(() => [i32, 0x01, ...code.i32(0), ...code.end]),
    exports: functions.flatMap((_, index) => [
      exportedFunction(`f${index}`, index + 1),
      [...text(`s${index}`), 0x03, index],
    ]),
    bodies: functions.map(({ type }, index) =>
      body([
        ...[...code.global(index), ...code.i32Eqz, ...code.if, ...code.i32(index), ...code.call(0), ...code.end],
        ...Array.from({ length: type?.parameters ?? 0 }, (_, local) => code.get(local)).flat(),
        ...[...code.global(index), ...code.callIndirect(index)],
      ]),
    ),
  });
}
