// Purpose: room for an ordinary module, whose addresses were fixed when it was linked: what it takes for
//          itself is reserved.
// Floor:   door js.

import { makeError } from '../errors.js';
import { evaluate } from './expression.js';
import { footprintOf, globalValues, type GlobalValues, type MemoryRange } from './footprint.js';
import type { Holding } from './holding.js';
import type { Links } from './link.js';
import type { LoadPlan } from './load-options.js';
import type { Prepared } from './prepared.js';
import { reserveRanges } from './reserve.js';
import { importedGlobals, minimumBytesOf, requireTable, slotsOf, type Room } from './room.js';
import type { Scope } from './scope.js';

/** Reserves what the module takes. */
export function placeFixed(
  scope: Scope,
  operation: string,
  prepared: Prepared,
  links: Links,
  plan: LoadPlan,
  holding: Holding,
): Room {
  const { binary, name } = prepared;
  if (links.memories === 0 && hasMemory(prepared)) {
    const detail = `'${name}' has a memory of its own; Heap.fromInstance is for such modules`;
    throw makeError('invalid_module', operation, detail);
  }
  const globals = binary === undefined ? [] : globalValues(binary, importedGlobals(prepared, links));
  const minimumBytes = minimumBytesOf(prepared, links);
  const isUsed = links.heapMemories.length > 0;
  const ranges = isUsed ? rangesOf(operation, prepared, links, plan, globals, minimumBytes) : [];
  if (ranges.length > 0) {
    const limit = Math.max(minimumBytes, scope.heap.memory.buffer.byteLength);
    for (const { kind, begin, end } of ranges) {
      if (end <= limit) continue;
      const detail = `the ${kind} of '${name}' at ${begin}..${end} would lie beyond a memory of ${limit} bytes`;
      throw makeError('invalid_module', operation, detail);
    }
  }
  // The table first, where a refusal leaves the memory as long as it was.
  const [tableBase, tableLength] = links.usesTable ? takeSlots(scope, operation, prepared, globals, holding) : [0, 0];
  reserveRanges(scope, operation, holding, name, ranges, minimumBytes);
  const slots = binary !== undefined && tableLength > 0 ? slotsOf(binary, globals) : undefined;
  return { memoryBase: 0, memoryByteLength: 0, tableBase, tableLength, stack: undefined, ranges, slots };
}

function hasMemory({ binary, module }: Prepared): boolean {
  if (binary !== undefined) return binary.memories > 0;
  return WebAssembly.Module.exports(module).some(({ kind }) => kind === 'memory');
}

function rangesOf(
  operation: string,
  { binary, names, name }: Prepared,
  { heapMemories }: Links,
  { spans }: LoadPlan,
  globals: GlobalValues,
  minimumBytes: number,
): readonly MemoryRange[] {
  if (spans !== undefined) return spans;
  if (binary === undefined) {
    const remedy = 'give its bytes, or the option spans';
    const detail = `a compiled module does not tell where the data of '${name}' lie: ${remedy}`;
    throw makeError('invalid_module', operation, detail);
  }
  return heapMemories.flatMap((memory) => footprintOf({ operation, binary, names, memory, minimumBytes, globals }));
}

/** The slots of the shared table that the module puts its functions in. */
function takeSlots(
  scope: Scope,
  operation: string,
  { binary, name }: Prepared,
  globals: GlobalValues,
  holding: Holding,
): [base: number, length: number] {
  if (binary === undefined) {
    const detail = `a compiled module does not tell where the functions of '${name}' go in the table: give its bytes`;
    throw makeError('invalid_module', operation, detail);
  }
  let [base, end] = [Infinity, 0];
  for (const { index, offset, length } of binary.elements) {
    // The first table is the imported one; of several, the others are no matter of this heap.
    if (index !== 0 || length === 0) continue;
    const begin = evaluate(offset, (global) => globals[global]);
    if (begin === undefined) {
      throw makeError('invalid_module', operation, `where the functions of '${name}' go cannot be told`);
    }
    [base, end] = [Math.min(base, begin), Math.max(end, begin + length)];
  }
  requireTable(scope, operation, binary);
  if (end === 0) return [0, 0];
  // All between the first and the last: linkers leave no holes for others.
  if (!scope.table.takeAt(operation, { begin: base, end })) {
    const detail = `'${name}' wants the slots ${base}..${end} of the table, and some of them are taken`;
    throw makeError('module_clash', operation, detail);
  }
  holding.slots(scope.table, base);
  return [base, end - base];
}
