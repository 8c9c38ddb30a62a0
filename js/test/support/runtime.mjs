// What the runtime at hand can do, and the few things that each runtime does in its own way: reading a file
// of the repository, running something in another agent (worker), settings from outside.
//
// A test that cannot hold somewhere is left out by `if (can.shared) test(…)`, never skipped: a skip counts
// as failed. tests/runtimes says which runtime must be able to do what, and runtime.test.mjs asks.

/** Set by tests/runtimes wherever a file is not simply run by Node. */
const given = globalThis.allotTest ?? {};
const onNode = given.root === undefined;
const builtin = (name) => globalThis.process?.getBuiltinModule?.(name);

/** A setting by name: an environment variable on Node. */
export function setting(name, otherwise) {
  return given.settings?.[name] ?? (onNode ? globalThis.process.env[name] : undefined) ?? otherwise;
}

/** Whether an attempt gives true. */
function succeeds(attempt) {
  try {
    return attempt() === true;
  } catch {
    return false;
  }
}

/** All exports get(), so that `can.bigMemory` costs nothing where nobody asks. */
function remembered(questions) {
  const answers = {};
  for (const [name, question] of Object.entries(questions)) {
    let answer;
    Object.defineProperty(answers, name, { enumerable: true, get: () => (answer ??= succeeds(question)) });
  }
  return Object.freeze(answers);
}

const sharedMemory = () => new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });

function canPost(value) {
  const { port1 } = new MessageChannel();
  try {
    port1.postMessage(value);
    return true;
  } finally {
    port1.close();
  }
}

function inFirefoxWorker() {
  const { WorkerGlobalScope, navigator } = globalThis;
  return WorkerGlobalScope !== undefined && globalThis instanceof WorkerGlobalScope && /\bFirefox\//.test(navigator.userAgent);
}

// (module (memory 1) (memory 1))
const twoMemories = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 5, 5, 2, 0, 1, 0, 1);

export const can = remembered({
  /** Make a shared memory, and work on it in this agent. */
  shared: () => Object.prototype.toString.call(sharedMemory().buffer) === '[object SharedArrayBuffer]',
  /** Send it to another agent: in browsers only where the page is cross-origin isolated. */
  sendShared: () => can.shared && can.agents && canPost(sharedMemory()),
  /** Clone it in this agent: structuredClone of WebKit knows buffers, but no memories. */
  cloneShared: () => structuredClone(sharedMemory()) instanceof WebAssembly.Memory,
  /** Block in Atomics.wait here, which the main thread of a browser refuses. */
  waitOnThisThread: () => Atomics.wait(new Int32Array(sharedMemory().buffer), 0, 1) === 'not-equal',
  /** Hear of a worker's end by its event exit. */
  workerExit: () => typeof Worker !== 'function' && builtin('node:worker_threads') !== undefined,
  /** Hold a lock that is released when the agent ends. */
  locks: () => typeof Worker === 'function' && typeof globalThis.navigator?.locks?.request === 'function',
  waitAsync: () => typeof Atomics.waitAsync === 'function',
  float16: () => typeof Float16Array === 'function',
  /** Memories with 64-bit addresses. Where they are unknown, the key is ignored and 1n is no number. */
  memory64: () => new WebAssembly.Memory({ address: 'i64', initial: 1n }).buffer.byteLength === 65536,
  /** Buffers that grow in place. */
  resizable: () => new WebAssembly.Memory({ initial: 1, maximum: 2 }).toResizableBuffer().resizable,
  /** Two memories in one module. */
  multiMemory: () => WebAssembly.validate(twoMemories),
  /** Have a memory of 4 GiB. Only what is touched takes room, but some machines still refuse. */
  bigMemory: () => new WebAssembly.Memory({ initial: 65536 }).buffer.byteLength === 2 ** 32,
  /**
   * Start another agent. In Firefox not from a worker: now and then (once in 20 to 100 times) such a worker stands
   * still for good inside `new Worker`, without any of our code at work.
   */
  agents: () => (typeof Worker === 'function' && !inFirefoxWorker()) || builtin('node:worker_threads') !== undefined,
});

/** The bytes of a file of the repository, named from its root; in a browser only what tests/runtimes serves. */
export async function readArtifact(path) {
  if (onNode) return builtin('node:fs').readFileSync(new URL(`../../../${path}`, import.meta.url));
  const url = new URL(path, given.root);
  if (url.protocol === 'file:') return builtin('node:fs').readFileSync(url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Where the module is that an import of the package gives. */
export function packageUrl(specifier = 'allot') {
  return given.packages?.[specifier] ?? import.meta.resolve(specifier);
}

/**
 * Runs `body(data, allot)` in another agent: a worker with the exports of the package. The function goes there
 * as text, so it sees nothing but its parameters. The worker ends with the function.
 *
 * @param {(data: any, allot: typeof import('allot')) => unknown} body
 * @param {unknown} data copied, but a shared memory stays shared
 * @returns {{ result: Promise<any>, end: () => void, worker: object }}
 */
export function startAgent(body, data) {
  const threads = typeof Worker === 'function' ? undefined : builtin('node:worker_threads');
  const source = [
    `import * as allot from '${packageUrl()}';`,
    threads ? `const { parentPort } = process.getBuiltinModule('node:worker_threads');` : '',
    `const post = (message) => ${threads ? 'parentPort' : 'globalThis'}.postMessage(message);`,
    `const told = async (data) => {`,
    `  try { post({ value: await (${body})(data, allot) }); } catch (error) {`,
    `    post({ error: { name: error.name, message: error.message, code: error.code, stack: error.stack } });`,
    `  }`,
    `};`,
    threads
      ? `parentPort.once('message', told);`
      : `globalThis.onmessage = (event) => told(event.data);`,
    `post({ ready: true });`,
  ].join('\n');

  const place = threads || typeof Blob !== 'function' || globalThis.Deno
    ? `data:text/javascript,${encodeURIComponent(source)}`
    : URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = threads ? new threads.Worker(new URL(place)) : new Worker(place, { type: 'module' });
  let end;
  const result = new Promise((resolve, reject) => {
    end = () => {
      worker.terminate();
      reject(new Error('the agent was ended'));
    };
    const hear = (message) => {
      if (message.ready) {
        worker.postMessage(data);
        return;
      }
      worker.terminate();
      if (message.error) reject(Object.assign(new Error(message.error.message), message.error));
      else resolve(message.value);
    };
    const fail = (event) =>
      reject(event instanceof Error ? event : new Error(`the agent broke down: ${event.message}`));
    if (threads) {
      worker.on('message', hear);
      worker.on('error', fail);
    } else {
      worker.onmessage = (event) => hear(event.data);
      worker.onerror = fail;
      worker.onmessageerror = fail;
    }
  });
  return { result, end, worker };
}
