// Purpose: room for a position-independent module: memory, slots of the table, a stack.
// Floor:   door js.

import { makeError } from '../errors.js';
import type { Segment } from './binary.js';
import { evaluate } from './expression.js';
import { globalValues, type GlobalValues, type MemoryRange } from './footprint.js';
import type { Holding } from './holding.js';
import { setImport, type Links, type PlaceName } from './link.js';
import type { LoadPlan } from './load-options.js';
import type { ModuleStack } from './loaded-module.js';
import type { Prepared } from './prepared.js';
import { importedGlobals, minimumBytesOf, requireTable, slotsOf, type Room } from './room.js';
import { requireMemoryBytes } from './reserve.js';
import type { Scope } from './scope.js';
import type { Span } from './spans.js';

/** As the ABI of C has it. */
const stackAlignment = 16;

/** Takes what the module asks for, and completes its imports with where that is. */
export function placeAnywhere(
  scope: Scope,
  operation: string,
  prepared: Prepared,
  links: Links,
  plan: LoadPlan,
  holding: Holding,
): Room {
  const { dylink, binary } = prepared;
  const { memoryByteLength = 0, memoryAlignment = 1, tableLength = 0, tableAlignment = 1 } = dylink ?? {};
  const ranges: MemoryRange[] = [];
  const block = (kind: MemoryRange['kind'], alignment: number, byteLength: number): number => {
    const begin = holding.block(alignment, byteLength);
    scope.heap.fill(begin, byteLength);
    ranges.push({ kind, begin, end: begin + byteLength });
    return begin;
  };
  const memoryBase = memoryByteLength === 0 ? 0 : block('data', memoryAlignment, memoryByteLength);
  const tableBase = tableLength === 0 ? 0 : scope.table.take(operation, tableLength, tableAlignment);
  if (tableLength > 0) holding.slots(scope.table, tableBase);
  let stack: ModuleStack | undefined;
  if (links.places.includes('__stack_pointer')) {
    const byteLength = Math.ceil(plan.stackByteLength / stackAlignment) * stackAlignment;
    const byteOffset = block('stack', stackAlignment, byteLength);
    stack = { byteOffset, byteLength, pointer: global(byteOffset + byteLength, true) };
  }
  const values: Record<PlaceName, WebAssembly.Global | undefined> = {
    __memory_base: global(memoryBase, false),
    __table_base: global(tableBase, false),
    __stack_pointer: stack?.pointer,
  };
  for (const name of links.places) setImport(links.imports, 'env', name, values[name] as WebAssembly.Global);

  let slots: Room['slots'];
  if (binary !== undefined) {
    requireMemoryBytes(scope, operation, minimumBytesOf(prepared, links));
    requireTable(scope, operation, binary);
    const globals = globalValues(binary, importedGlobals(prepared, links));
    const inside = (what: string, segments: readonly Segment[], begin: number, length: number): void => {
      requireInside(operation, prepared.name, what, segments, globals, { begin, end: begin + length });
    };
    inside('data', binary.data, memoryBase, memoryByteLength);
    inside('functions in the table', binary.elements, tableBase, tableLength);
    slots = slotsOf(binary, globals);
  }
  return { memoryBase, memoryByteLength, tableBase, tableLength, stack, ranges, slots };
}

function global(value: number, mutable: boolean): WebAssembly.Global<'i32'> {
  return new WebAssembly.Global({ value: 'i32', mutable }, value | 0);
}

/** It is trusted no further than what it says itself: what lies beyond belongs to others. */
function requireInside(
  operation: string,
  name: string,
  what: string,
  segments: readonly Segment[],
  globals: GlobalValues,
  room: Span,
): void {
  for (const { offset, length } of segments) {
    if (length === 0) continue;
    const begin = evaluate(offset, (index) => globals[index]);
    if (begin !== undefined && begin >= room.begin && begin + length <= room.end) continue;
    const detail = `'${name}' has ${what} outside of what it asks for in its section 'dylink.0'`;
    throw makeError('invalid_module', operation, detail);
  }
}
