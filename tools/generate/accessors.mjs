// Generates from js/src/elements.def the accessors of structs' fields that are numbers.

const header = '// Made by tools/generate.mjs from js/src/elements.def. Do not edit.\n';

/**
 * What tells without a second look that a value may be written. Where there is nothing so simple,
 * every value is checked: a pointer also takes a ref.
 */
function allowed({ name, type }) {
  return name.startsWith('Pointer') ? undefined : `typeof value === '${type}'`;
}

function accessor(element) {
  const { name } = element;
  const checked = `numberFor(this, name, elements.${name}, value)`;
  const quick = allowed(element);
  return `  ${name}: (name, offset) => ({
    get() {
      return this.heap.read${name}(this.byteOffset + offset);
    },
    set(value) {
      const number = ${quick === undefined ? checked : `${quick} ? value : ${checked}`};
      this.heap.write${name}(this.byteOffset + offset, number);
    },
  }),`;
}

export function accessorsModule(elements) {
  return `${header}
import type { StructRef } from '../refs/struct.js';
import { numberFor } from '../layout/assignment.js';
import { elements, type ElementName } from './elements.js';

/** How a property is read and written. */
export interface Accessor {
  get(this: StructRef): unknown;
  set(this: StructRef, value: unknown): void;
}

/**
 * Makes the accessor for a field of each element type, from its name and where in the struct it
 * lies. Written out for each, because functions made in one place share what the engine learns
 * about them: so the call that reads or writes is inlined whatever other types are in use.
 */
export const accessors: { readonly [Name in ElementName]: (name: string, offset: number) => Accessor } = {
${elements.map(accessor).join('\n')}
};
`;
}
