// A guest with state in every place that one can have: globals that are exported and not, a table, data, and
// a start function that would spoil all of it if it ran twice.

import { build, i32, memoryImport, op } from './modules.mjs';

const none = [[], []];
const gives = [[], [i32]];
const maps = [[i32], [i32]];
const takes = [[i32], []];
const takesTwo = [[i32, i32], []];

const refFunc = (index) => [0xd2, index];
const tableSet = (table) => [0x26, table];

/** Whoever reads a number there shows which memory he is in. */
export const numberAt = 65536 - 16;

/** Where its data go: it says "data" there. */
export const dataAt = 4096;

/**
 * (module
 *   (import "env" "memory" (memory 0))
 *   (import "env" "log" (func $log (param i32)))           ;; 0
 *   (table $t 4 funcref)
 *   (global $hidden (mut i32) (i32.const 0))
 *   (global $shown (export "shown") (mut i32) (i32.const 7))
 *   (global (export "fixed") i32 (i32.const 5))
 *   (func (export "next") (result i32) …)                   ;; 1: ++$hidden
 *   (func $ten (result i32) (i32.const 10))                 ;; 2: in the table from the beginning
 *   (func $twenty (result i32) …)                           ;; 3: the same; 20 + the number at numberAt
 *   (func (export "thirty") (result i32) …)                 ;; 4: 30 + the number at numberAt
 *   (func (export "call") (param i32) (result i32) …)       ;; 5: call_indirect
 *   (func (export "put") (param i32) …)                     ;; 6: puts $forty into a slot
 *   (func $forty (result i32) (i32.const 40 + $hidden))     ;; 7: only declared
 *   (func $start (call $log (i32.const 1)) (global.set $shown (i32.const 1)) …)    ;; 8
 *   (func (export "peek") (param i32) (result i32) …)       ;; 9: i32.load
 *   (func (export "poke") (param i32 i32) …)                ;; 10: i32.store
 *   (data (i32.const 4096) "data"))
 */
export function statefulBytes({ exportsTable = true } = {}) {
  return build({
    types: [none, gives, maps, takes, takesTwo],
    imports: [memoryImport(), { kind: 'function', name: 'log', type: 3 }],
    tables: [{ minimum: 4 }],
    globals: [{ mutable: true, value: 0 }, { mutable: true, value: 7 }, { mutable: false, value: 5 }],
    functions: [
      { type: 1, body: [op.globalGet(0), op.i32(1), op.add, op.globalSet(0), op.globalGet(0)] },
      { type: 1, body: [op.i32(10)] },
      { type: 1, body: [op.i32(numberAt), op.load, op.i32(20), op.add] },
      { type: 1, body: [op.i32(numberAt), op.load, op.i32(30), op.add] },
      { type: 2, body: [op.get(0), op.callIndirect(1)] },
      { type: 3, body: [op.get(0), refFunc(7), tableSet(0)] },
      { type: 1, body: [op.i32(40), op.globalGet(0), op.add] },
      { type: 0, body: [op.i32(1), op.call(0), op.i32(1), op.globalSet(1), op.i32(dataAt), op.i32(0), op.store] },
      { type: 2, body: [op.get(0), op.load] },
      { type: 4, body: [op.get(0), op.get(1), op.store] },
    ].map(({ body, ...rest }) => ({ ...rest, body: body.map((each) => (Array.isArray(each) ? each : [each])) })),
    exports: {
      shown: ['global', 1], fixed: ['global', 2], next: ['function', 1], thirty: ['function', 4],
      call: ['function', 5], put: ['function', 6], peek: ['function', 9], poke: ['function', 10],
      ...(exportsTable ? { table: ['table', 0] } : {}),
    },
    start: 8,
    elements: [{ offset: 0, functions: [2, 3, 7] }],
    data: [{ offset: dataAt, bytes: new TextEncoder().encode('data') }],
  });
}

/** A heap that leaves room for the guest's data. */
export const beginBehindData = { begin: 8192 };
