// One thread that is measured: an instance over the memory that all share.

import { parentPort } from 'node:worker_threads';

let exports;
let given;
const now = () => performance.timeOrigin + performance.now();

const actions = {
  begin(message) {
    given = message;
    const { module, memory, thread, threads, kind } = message;
    exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
    exports.__stack_pointer.value = exports.stack_end(thread);
    exports.__wasm_init_tls?.(exports.locals_of(thread));
    exports.begin(thread);
    if (kind === 'own') exports.own_fill(thread);
    else exports.shared_fill(thread, threads);
    return {};
  },
  run({ operations }) {
    const { gate, thread, threads, kind } = given;
    const churn = kind === 'own' ? exports.own_churn : exports.shared_churn;
    // All begin at once.
    Atomics.add(gate, 0, 1);
    while (Atomics.load(gate, 0) < threads);
    const begin = now();
    churn(thread, operations);
    return { begin, end: now() };
  },
};

parentPort.on('message', (message) => {
  try {
    parentPort.postMessage(actions[message.do](message));
  } catch (error) {
    parentPort.postMessage({ error: error.message });
  }
});
