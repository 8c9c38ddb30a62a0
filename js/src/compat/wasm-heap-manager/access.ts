// Purpose: the heap that a manager adopted, asked for its buffer as often as `pollingMode` says, and the
//          views on all of it.
// Floor:   door js, compat.

import { adopt, type Heap } from '../../index.js';
import { rangeError, requireType, typeError } from './errors.js';
import type { WasmHeapManagerOptions } from './options.js';
import type { AllocatorMethod, DeallocatorMethod, HeapGetterCallback, TypedArray, TypedArrayClass } from './types.js';

/** The adopted heap and its buffer. */
export class HeapAccess {
  /** Gives the buffer that the heap has now. */
  readonly heapGetter: HeapGetterCallback;
  /** Allocates in the heap. */
  readonly allocate: AllocatorMethod;
  /** Frees in the heap. */
  readonly deallocate: DeallocatorMethod;

  /** @internal */
  protected readonly heap: Heap;

  readonly #isPolled: boolean;
  readonly #wholeViews = new Map<unknown, ArrayBufferView>();

  /** @internal */
  constructor(
    heapGetter: HeapGetterCallback,
    allocate: AllocatorMethod,
    deallocate: DeallocatorMethod,
    { pollingMode }: WasmHeapManagerOptions,
  ) {
    requireType('heapGetter', heapGetter, 'function');
    requireType('allocate', allocate, 'function');
    requireType('deallocate', deallocate, 'function');
    this.heapGetter = heapGetter;
    this.allocate = allocate;
    this.deallocate = deallocate;
    this.#isPolled = pollingMode === 'always';
    this.heap = adopt({
      buffer: bufferSource(heapGetter, pollingMode),
      // As they are: those of a memory with 64-bit addresses are told by it.
      malloc: allocate,
      free: deallocate,
    });
  }

  /**
   * The heap for reading and writing numbers and text. It keeps views and notices when they are
   * stale, but not when its buffer was replaced behind its back.
   *
   * @internal
   */
  protected get heapOfNow(): Heap {
    if (this.#isPolled) this.heap.refresh();
    return this.heap;
  }

  /**
   * All of the heap as a typed array; the same one until the buffer changes.
   *
   * @internal
   */
  protected wholeAs<View extends TypedArray>(type: TypedArrayClass<View>): View {
    const { buffer } = this.heap;
    const length = Math.floor(buffer.byteLength / type.BYTES_PER_ELEMENT);
    const known = this.#wholeViews.get(type) as View | undefined;
    if (known?.buffer === buffer && known.length === length) return known;
    const view = viewOnAll(buffer, () => new type(buffer, 0, length));
    this.#wholeViews.set(type, view);
    return view;
  }

  /** All of the heap as a `DataView`; growth leaves it behind. */
  get heapDataView(): DataView {
    const { buffer } = this.heap;
    const known = this.#wholeViews.get(DataView) as DataView | undefined;
    if (known?.buffer === buffer && known.byteLength === buffer.byteLength) return known;
    const view = viewOnAll(buffer, () => new DataView(buffer));
    this.#wholeViews.set(DataView, view);
    return view;
  }
}

/** Makes a view on all of a buffer, or says why there is none. */
function viewOnAll<View>(buffer: ArrayBufferLike, make: () => View): View {
  try {
    return make();
  } catch (cause) {
    const { byteLength } = buffer;
    const error =
      byteLength === 0
        ? rangeError('out_of_bounds', 'the heap has grown and left its buffer behind, and pollingMode is never')
        : // Node 20 has buffers that are longer than any of its typed arrays of bytes.
          typeError('unsupported_operation', `this engine has no such view on ${byteLength} bytes`);
    error.cause = cause;
    throw error;
  }
}

/** How the adopted heap comes by its buffer. It asks when a view fails it, and before it makes one. */
function bufferSource(
  heapGetter: HeapGetterCallback,
  pollingMode: WasmHeapManagerOptions['pollingMode'],
): () => ArrayBufferLike {
  if (pollingMode === 'always') return heapGetter;
  let buffer: ArrayBufferLike = heapGetter();
  if (pollingMode === 'never') return () => buffer;
  return () => {
    // A plain buffer that has been left behind by growth is empty. A shared one looks as it did
    // before, so it cannot say whether there is a longer one by now.
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength === 0) buffer = heapGetter();
    return buffer;
  };
}
