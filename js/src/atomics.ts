// Purpose: the operations of `Atomics` on any element of a heap's memory, by address. The Atomics
//          functions take typed arrays of integers; floats, clamped bytes and addresses are carried by
//          the integers of their length.
// Floor:   door js.

import { describe, requireType, wholeNumber } from './arguments.js';
import { requireBounds } from './access.js';
import { makeError } from './errors.js';
import { clampByte, halves, requirePointer32, requirePointer53, requirePointer64 } from './forms.js';
import { elements, type CarrierName, type Element, type ElementName, type ElementValue } from './generated/elements.js';
import { mostElements } from './windows.js';

/** What a wait came to; as `Atomics.wait` gives it. */
export type WaitResult = 'ok' | 'not-equal' | 'timed-out';

/** What `Atomics.waitAsync` gives. */
export type WaitAsyncResult =
  | { readonly async: false; readonly value: 'not-equal' | 'timed-out' }
  | { readonly async: true; readonly value: Promise<'ok' | 'timed-out'> };

/** The one type of all typed arrays that Atomics takes, as far as the compiler need know. */
type Carrier = BigInt64Array;

/** The value as its carrier's bits, and back. */
interface Cast {
  /** Whether there are bits that are no value, for which `value` throws. */
  readonly isPartial?: true;
  check(operation: string, name: string, value: unknown): void;
  bits(value: never): number | bigint;
  value(bits: never): number | bigint;
}

const scratch = new DataView(new ArrayBuffer(8));

function requireNumber(operation: string, name: string, value: unknown): void {
  requireType(operation, name, value, 'number');
}

/** How each element that Atomics does not know is carried. */
const casts: { readonly [Name in ElementName]?: Cast } = {
  Uint8Clamped: { check: requireNumber, bits: clampByte, value: (bits: number) => bits },
  Float16: {
    check: requireNumber,
    bits(value: number) {
      halves('atomics', scratch).setFloat16(0, value, true);
      return scratch.getUint16(0, true);
    },
    value(bits: number) {
      scratch.setUint16(0, bits, true);
      return halves('atomics', scratch).getFloat16(0, true);
    },
  },
  Float32: {
    check: requireNumber,
    bits(value: number) {
      scratch.setFloat32(0, value, true);
      return scratch.getInt32(0, true);
    },
    value(bits: number) {
      scratch.setInt32(0, bits, true);
      return scratch.getFloat32(0, true);
    },
  },
  Float64: {
    check: requireNumber,
    bits(value: number) {
      scratch.setFloat64(0, value, true);
      return scratch.getBigInt64(0, true);
    },
    value(bits: bigint) {
      scratch.setBigInt64(0, bits, true);
      return scratch.getFloat64(0, true);
    },
  },
  Pointer32: {
    check: (operation, _name, value) => {
      requirePointer32(operation, value);
    },
    bits: (value: number) => value,
    value: (bits: number) => bits,
  },
  Pointer53: {
    isPartial: true,
    check: (operation, _name, value) => {
      requirePointer53(operation, value);
    },
    bits: (value: number) => BigInt(value),
    value(bits: bigint) {
      if (bits > BigInt(Number.MAX_SAFE_INTEGER)) throw makeError('unsafe_pointer', 'atomics', `it is ${bits}`);
      return Number(bits);
    },
  },
};

/** What a new value is made of the old one and the operand, for elements that are cast. */
type Change = (before: never, operand: never) => number | bigint;

/** What the atomic operations need of a heap. */
export interface AtomicMemory {
  readonly buffer: ArrayBufferLike;
}

/**
 * The operations of `Atomics` on a heap's memory, each with the name of an element type and an
 * address in bytes in the place of a typed array and an index.
 *
 * They take every element type up to 64 bits. Floats, clamped bytes and addresses are carried by
 * the integer of their length: `add` and `sub` work on the value (clamped bytes stay within 0 to
 * 255), `and`, `or` and `xor` on the bits, `compareExchange` and the waits compare the bits, so
 * that -0 is not 0; but every NaN equals every other. Where `Atomics` has no such operation, it is
 * tried again until nobody came in between.
 *
 * @throws RangeError `unaligned` for an address that is not a multiple of the element's length,
 * `out_of_bounds`, `invalid_number`
 * @throws TypeError `wrong_type`, `unsupported_element`, `cannot_wait`
 */
export class HeapAtomics {
  readonly #memory: AtomicMemory;
  #arrays: Partial<Record<CarrierName, Carrier>> = {};

  /** @internal */
  constructor(memory: AtomicMemory) {
    this.#memory = memory;
  }

  /**
   * Forgets the views made so far.
   *
   * @internal
   */
  refresh(): void {
    this.#arrays = {};
  }

  /** Reads a value. */
  load<Name extends ElementName>(name: Name, byteOffset: number): ElementValue<Name> {
    const { array, index, cast } = this.#at('load', name, byteOffset);
    return valueOf(cast, Atomics.load(array, index)) as ElementValue<Name>;
  }

  /** Writes a value; gives it back. */
  store<Name extends ElementName>(name: Name, byteOffset: number, value: ElementValue<Name>): ElementValue<Name> {
    const { array, index, cast } = this.#at('store', name, byteOffset);
    Atomics.store(array, index, bitsOf('store', 'value', name, cast, value));
    return value;
  }

  /** Adds; gives what was there before. */
  add<Name extends ElementName>(name: Name, byteOffset: number, value: ElementValue<Name>): ElementValue<Name> {
    return this.#change('add', name, byteOffset, value, add) as ElementValue<Name>;
  }

  /** Subtracts; gives what was there before. */
  sub<Name extends ElementName>(name: Name, byteOffset: number, value: ElementValue<Name>): ElementValue<Name> {
    return this.#change('sub', name, byteOffset, value, subtract) as ElementValue<Name>;
  }

  /** Ands the bits; gives what was there before. */
  and<Name extends ElementName>(name: Name, byteOffset: number, value: ElementValue<Name>): ElementValue<Name> {
    return this.#change('and', name, byteOffset, value) as ElementValue<Name>;
  }

  /** Ors the bits; gives what was there before. */
  or<Name extends ElementName>(name: Name, byteOffset: number, value: ElementValue<Name>): ElementValue<Name> {
    return this.#change('or', name, byteOffset, value) as ElementValue<Name>;
  }

  /** Xors the bits; gives what was there before. */
  xor<Name extends ElementName>(name: Name, byteOffset: number, value: ElementValue<Name>): ElementValue<Name> {
    return this.#change('xor', name, byteOffset, value) as ElementValue<Name>;
  }

  /** Replaces the value; gives what was there before. */
  exchange<Name extends ElementName>(name: Name, byteOffset: number, value: ElementValue<Name>): ElementValue<Name> {
    return this.#change('exchange', name, byteOffset, value) as ElementValue<Name>;
  }

  /** Replaces the value if it is `expected`; gives what was there before. */
  compareExchange<Name extends ElementName>(
    name: Name,
    byteOffset: number,
    expected: ElementValue<Name>,
    replacement: ElementValue<Name>,
  ): ElementValue<Name> {
    const { array, index, cast } = this.#at('compareExchange', name, byteOffset);
    let from = bitsOf('compareExchange', 'expected', name, cast, expected);
    const to = bitsOf('compareExchange', 'replacement', name, cast, replacement);
    for (;;) {
      const seen = Atomics.compareExchange(array, index, from, to);
      const before = valueOf(cast, seen);
      if (seen === from || !Number.isNaN(expected) || !Number.isNaN(before)) return before as ElementValue<Name>;
      from = seen; // a NaN with other bits
    }
  }

  /**
   * Sleeps while the value is `expected`, until another agent notifies. For elements of 4 and 8
   * bytes, in a shared memory, on a thread that may wait (not a page's main thread).
   *
   * @param milliseconds the longest to sleep
   */
  wait<Name extends ElementName>(
    name: Name,
    byteOffset: number,
    expected: ElementValue<Name>,
    milliseconds = Infinity,
  ): WaitResult {
    const { array, index, bits } = this.#waiting('wait', name, byteOffset, expected, milliseconds);
    try {
      return Atomics.wait(array, index, bits, milliseconds);
    } catch (cause) {
      throw makeError('cannot_wait', 'wait', 'this agent may not; waitAsync may', byteOffset, { cause });
    }
  }

  /** As {@link HeapAtomics.wait}, without stopping the thread: a page's main thread may, too. */
  waitAsync<Name extends ElementName>(
    name: Name,
    byteOffset: number,
    expected: ElementValue<Name>,
    milliseconds = Infinity,
  ): WaitAsyncResult {
    const { array, index, bits } = this.#waiting('waitAsync', name, byteOffset, expected, milliseconds);
    const { waitAsync } = Atomics as unknown as {
      waitAsync?: (array: Carrier, index: number, value: bigint, timeout: number) => WaitAsyncResult;
    };
    if (waitAsync === undefined) throw makeError('cannot_wait', 'waitAsync', 'this engine has no Atomics.waitAsync');
    return waitAsync(array, index, bits, milliseconds);
  }

  /**
   * Wakes up to `count` of the agents that wait at an address; gives how many it woke. In a memory
   * that is not shared nobody can wait, and it gives 0.
   */
  notify(name: ElementName, byteOffset: number, count = Infinity): number {
    if (count !== Infinity) wholeNumber('notify', 'count', count);
    const { array, index } = this.#at('notify', waitable('notify', name), byteOffset);
    return Atomics.notify(array, index, count);
  }

  /** Whether operations on elements of that many bytes never take a lock; as `Atomics.isLockFree`. */
  isLockFree(byteLength: number): boolean {
    return Atomics.isLockFree(wholeNumber('isLockFree', 'byteLength', byteLength));
  }

  #change(
    operation: 'add' | 'sub' | 'and' | 'or' | 'xor' | 'exchange',
    name: ElementName,
    byteOffset: number,
    value: number | bigint,
    change?: Change,
  ): number | bigint {
    const { array, index, cast } = this.#at(operation, name, byteOffset);
    const bits = bitsOf(operation, 'value', name, cast, value);
    if (cast === undefined || (change === undefined && !cast.isPartial)) {
      return valueOf(cast, Atomics[operation](array, index, bits));
    }
    for (let before = Atomics.load(array, index); ; ) {
      const known = valueOf(cast, before); // may throw: nothing has changed yet
      let after;
      if (change === undefined) after = bitwise[operation as Bitwise](before, bits);
      else {
        const result = change(known as never, value as never);
        cast.check(operation, 'the result', result);
        after = cast.bits(result as never) as bigint;
      }
      const seen = Atomics.compareExchange(array, index, before, after);
      if (seen === before) return known;
      before = seen;
    }
  }

  #waiting(operation: string, name: ElementName, byteOffset: number, expected: number | bigint, milliseconds: number) {
    requireType(operation, 'milliseconds', milliseconds, 'number');
    // To Atomics NaN is for ever.
    if (Number.isNaN(milliseconds)) throw makeError('invalid_number', operation, 'milliseconds is NaN');
    const { array, index, cast } = this.#at(operation, name, byteOffset);
    const carrier = elements[waitable(operation, name)].array;
    let bits = bitsOf(operation, 'expected', name, cast, expected);
    if (carrier === undefined || Object.prototype.toString.call(array.buffer) === '[object ArrayBuffer]') {
      throw makeError('cannot_wait', operation, 'the memory is not shared', byteOffset);
    }
    if (Number.isNaN(expected)) {
      const now = Atomics.load(array, index);
      if (Number.isNaN(valueOf(cast, now))) bits = now; // a NaN, whatever its bits
    }
    // Atomics waits on signed elements only; the bits are the same.
    const signed = new carrier(array.buffer, byteOffset, 1) as Carrier;
    return { array: signed, index: 0, bits: (signed.BYTES_PER_ELEMENT === 8 ? BigInt.asIntN(64, bits) : Number(bits) | 0) as bigint };
  }

  /** The typed array and index of an address: the place where the array is made anew after a growth. */
  #at(operation: string, name: ElementName, byteOffset: number) {
    const element = elementNamed(name);
    if (element?.carrier === undefined) {
      throw makeError('unsupported_element', operation, `the element is ${describe(name)}`);
    }
    wholeNumber(operation, 'byteOffset', byteOffset);
    if (byteOffset % element.byteLength !== 0) {
      throw makeError('unaligned', operation, `${byteOffset} for elements of ${element.byteLength} bytes`, byteOffset);
    }
    let index = byteOffset / element.byteLength;
    let array = this.#arrays[element.carrier];
    if (array === undefined || index >= array.length) {
      const { buffer } = this.#memory;
      requireBounds(operation, byteOffset, element.byteLength, buffer);
      const carrier = elements[element.carrier];
      const made = carrier.array as unknown as new (buffer: ArrayBufferLike, byteOffset: number, length: number) => Carrier;
      if (index >= mostElements) {
        array = new made(buffer, byteOffset, 1);
        index = 0;
      } else {
        array = new made(buffer, 0, Math.min(Math.floor(buffer.byteLength / carrier.byteLength), mostElements));
        this.#arrays[element.carrier] = array;
      }
    }
    return { array, index, cast: casts[name] };
  }
}

type Bitwise = 'and' | 'or' | 'xor' | 'exchange';

/** On the bits of a BigInt; `add` and `sub` come as a {@link Change}. */
const bitwise: Readonly<Record<Bitwise, (before: bigint, operand: bigint) => bigint>> = {
  and: (before, operand) => before & operand,
  or: (before, operand) => before | operand,
  xor: (before, operand) => before ^ operand,
  exchange: (_before, operand) => operand,
};

const add: Change = (before: number, operand: number) => before + operand;
const subtract: Change = (before: number, operand: number) => before - operand;

/** The element of a name. An object in its place would be made a text: `['Int32']` would do, and some throw. */
function elementNamed(name: ElementName): Element | undefined {
  return typeof name === 'string' && Object.hasOwn(elements, name) ? elements[name] : undefined;
}

/** The element to wait on: Atomics takes 32 and 64 signed bits. */
function waitable(operation: string, name: ElementName): 'Int32' | 'BigInt64' {
  const element = elementNamed(name);
  if (element?.carrier !== undefined) {
    if (element.byteLength === 4) return 'Int32';
    if (element.byteLength === 8) return 'BigInt64';
  }
  throw makeError('unsupported_element', operation, `only elements of 4 and 8 bytes can, not ${describe(name)}`);
}

function bitsOf(operation: string, argument: string, name: ElementName, cast: Cast | undefined, value: unknown): bigint {
  if (cast === undefined) {
    requireType(operation, argument, value, elements[name].type);
    if (name === 'Pointer64') requirePointer64(operation, value);
    return value as bigint;
  }
  cast.check(operation, argument, value);
  return cast.bits(value as never) as bigint;
}

function valueOf(cast: Cast | undefined, bits: number | bigint): number | bigint {
  return cast === undefined ? bits : cast.value(bits as never);
}
