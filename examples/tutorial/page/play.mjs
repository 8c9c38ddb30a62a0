// The last step: both sides write, read, allocate and free, as the reader likes.

import { sides } from '../lesson.mjs';
import { make } from './dom.mjs';

/** What a button does: who is at work, the code with the names of the inputs in it, and the work itself. */
const actions = [
  ['js', 'heap.writeUint8(address, value)', (it, given) => void it.heap.writeUint8(mine(it, given.address), given.value)],
  ['cpp', 'cpp.writeMemory(address, value)', (it, { address, value }) => it.cpp.writeMemory(mine(it, address), value)],
  ['js', 'heap.readUint8(address)', (it, { address }) => it.heap.readUint8(address)],
  ['cpp', 'cpp.readMemory(address)', (it, { address }) => it.cpp.readMemory(address)],
  ['js', 'heap.malloc(bytes)', (it, { bytes }) => it.heap.malloc(bytes)],
  ['cpp', 'cpp.malloc(bytes)', (it, { bytes }) => it.cpp.malloc(bytes)],
  ['js', 'heap.free(address)', (it, { address }) => it.heap.free(address)],
  ['cpp', 'cpp.free(address)', (it, { address }) => it.cpp.free(address)],
  ['as', 'script.readMemory(address)', (it, { address }) => it.script.readMemory(address)],
];

/** The address, unless writing there would break the stack of C++ or allot's records. */
function mine({ heap, cpp }, address) {
  const begin = cpp.__global_base.value; // what lies before is nobody's
  const isIn = ({ kind, byteOffset, byteLength }) =>
    kind === 'live' && address >= byteOffset && address < byteOffset + byteLength;
  if (address < begin || [...heap.blocks()].some(isIn)) return address;
  throw new RangeError(`byte ${address} is not yours: write below ${begin}, or into a block`);
}

/** The playground. `run` runs a line of the lesson, draws what changed and gives its result. */
export function playground({ it }, run) {
  const limits = { address: [5, 1048575], value: [42, 255], bytes: [3000, 1048576] };
  const inputs = Object.entries(limits).map(([id, [value, max]]) =>
    make('input', { id, type: 'number', value, min: 0, max, required: true }));
  const log = make('ol', { id: 'log', ariaLabel: 'What you did, the latest first' });
  const buttons = actions.map(([by, template, work]) => {
    const press = async ({ target }) => {
      if (!target.form.reportValidity()) return;
      const given = Object.fromEntries(inputs.map((input) => [input.id, input.valueAsNumber]));
      const code = template.replace(/\(.*/, (names) => names.replaceAll(/\w+/g, (name) => given[name]));
      it.from = given.address;
      const { text, isError } = await run({ by, run: () => work(it, given) });
      // What was allocated is what comes next, as a rule.
      if (template.includes('malloc') && !isError) inputs[0].value = text;
      log.prepend(make('li', { className: isError ? 'failed' : '' }, make('code', {}, code), text && ` → ${text}`));
      log.children[5]?.remove();
    };
    return make('button', { type: 'button', data: { by }, onclick: press, title: `run by ${sides[by]}` }, template);
  });
  const labels = inputs.map((input) => make('label', {}, `${input.id} `, input));
  return [make('form', { onsubmit: (event) => event.preventDefault() }, ...labels, make('div', {}, ...buttons)), log];
}
