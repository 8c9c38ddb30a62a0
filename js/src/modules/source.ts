// Purpose: what a module may be given as, and the bytes in it.
// Floor:   door js.

import { wrongType } from '../arguments.js';
import { makeError } from '../errors.js';

/** What `fetch` gives, as far as it is looked at. */
export interface ResponseLike {
  readonly ok?: boolean;
  readonly status?: number;
  readonly url?: string;
  /** The bytes that came. */
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** A module: its bytes, or compiled already. */
export type ModuleBytes = WebAssembly.Module | ArrayBufferLike | ArrayBufferView;

/** Where a module comes from: its bytes, compiled already, or on its way. */
export type ModuleSource = ModuleBytes | ResponseLike | PromiseLike<ModuleBytes | ResponseLike>;

/** A source that has arrived. */
export interface Arrived {
  /** `undefined` for a compiled module, which does not show them. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  readonly compiled: WebAssembly.Module | undefined;
  /** The file's name, if it came from a URL. */
  readonly name: string | undefined;
}

/** Waits for a source; looks at bytes that are there before it returns. */
export async function arrive(operation: string, source: unknown): Promise<Arrived> {
  const isLater = typeof (source as PromiseLike<unknown> | undefined | null)?.then === 'function';
  const given: unknown = isLater ? await (source as PromiseLike<unknown>) : source;
  if (typeof given === 'object' && given !== null && typeof (given as ResponseLike).arrayBuffer === 'function') {
    const response = given as ResponseLike;
    const { ok = true, status, url } = response;
    if (!ok) throw makeError('invalid_module', operation, `the server answered ${status ?? 'with an error'}`);
    return { ...arrivedAs(operation, await response.arrayBuffer()), name: fileName(url) };
  }
  return arrivedAs(operation, given);
}

/** A source that is there already. */
export function arrivedAs(operation: string, source: unknown): Arrived {
  // By its tag: modules and buffers of another realm will do.
  switch (Object.prototype.toString.call(source)) {
    case '[object WebAssembly.Module]':
      return { bytes: undefined, compiled: source as WebAssembly.Module, name: undefined };
    case '[object ArrayBuffer]':
    case '[object SharedArrayBuffer]':
      return { bytes: copied(new Uint8Array(source as ArrayBufferLike)), compiled: undefined, name: undefined };
  }
  if (ArrayBuffer.isView(source)) {
    const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    return { bytes: copied(bytes), compiled: undefined, name: undefined };
  }
  throw wrongType(operation, 'source', source, 'the bytes of a module, a WebAssembly.Module or a response');
}

/** Read twice, by this package and by the engine; nobody must change them in between. */
function copied(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes);
}

function fileName(url: string | undefined): string | undefined {
  const path = url?.replace(/[?#].*$/s, '');
  const name = path?.slice(path.lastIndexOf('/') + 1);
  return name === '' ? undefined : name;
}
