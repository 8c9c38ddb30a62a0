// What page and worker have in common: the tests of one file are run and told of to the server.

import { describeError, runFile } from '../collector.mjs';

const id = new URLSearchParams(location.search).get('id');
let sending = Promise.resolve();

/**
 * Sends an event. The promise is fulfilled when the server has it: a test that hangs is then the first of which
 * nothing was heard.
 */
export function tell(event) {
  sending = sending.then(() => fetch(`/tell?id=${id}`, { method: 'POST', body: JSON.stringify(event) }));
  return sending;
}

export async function enter(parameters) {
  const outside = (error) => tell({ event: 'fail', name: '(outside any test)', error: describeError(error) });
  addEventListener('error', (event) => outside(event.error ?? event.message));
  addEventListener('unhandledrejection', (event) => outside(event.reason));
  globalThis.allotTest = await (await fetch('/given')).json();
  await tell({ event: 'hello', where: { isolated: globalThis.crossOriginIsolated === true } });
  await runFile(() => import(`/test/${parameters.get('file')}`), tell);
}
