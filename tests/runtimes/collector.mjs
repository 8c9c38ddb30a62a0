// Stands in for `node:test` where there is none that counts as Node's does: collects the tests of one file,
// then runs them one after the other, and tells of each.
//
// It knows `test(name, action)` and nothing else on purpose. What a file asks beyond that fails to link, or throws.

const collected = [];
let running = false;

export function test(name, action, ...more) {
  if (typeof name !== 'string' || typeof action !== 'function' || more.length > 0) {
    throw new TypeError('universal tests call test(name, action) and nothing else');
  }
  if (action.length > 0) throw new TypeError(`'${name}' takes a parameter: there is no test context here`);
  if (running) throw new TypeError(`'${name}' is made too late: tests are made while the file is loaded`);
  collected.push({ name, action });
}

export function describeError(error) {
  if (!(error instanceof Error)) return `thrown: ${String(error)}`;
  const head = `${error.name}: ${error.message}`;
  const stack = String(error.stack ?? '');
  // V8 repeats the message in the stack, the others do not.
  return stack.includes(error.message) ? stack : `${head}\n${stack}`;
}

/**
 * Loads a file and runs its tests.
 *
 * @param {() => Promise<unknown>} load imports the file
 * @param {(event: object) => unknown} tell of what happens; when it returns a promise, that is awaited
 */
export async function runFile(load, tell) {
  try {
    await load();
  } catch (error) {
    await tell({ event: 'broken', error: describeError(error) });
    return;
  }
  running = true;
  await tell({ event: 'planned', names: collected.map(({ name }) => name) });
  for (const { name, action } of collected) {
    try {
      await action();
      await tell({ event: 'pass', name });
    } catch (error) {
      await tell({ event: 'fail', name, error: describeError(error) });
    }
  }
  await tell({ event: 'done' });
}
