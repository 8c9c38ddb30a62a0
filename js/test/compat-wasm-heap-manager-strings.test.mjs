// The drop-in for wasm-heap-manager: null-terminated strings in its four encodings, on plain and shared memory.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { throwsCode } from './support/expect.mjs';
import { encodings, makeManager, memories } from './support/wasm-heap-manager.mjs';

for (const { kind, shared } of memories) {
  for (const { name, bytes, array, text, elements } of encodings) {
    const title = `${name}, ${kind} memory`;
    const [read, write, alloc, wrap] = ['read', 'write', 'alloc', 'wrap'].map(
      (verb) => `${verb}NullTerminated${name}String`,
    );

    test(`${title}: written and read, with and without a capacity`, () => {
      const { heap, memory } = makeManager({ shared, dirty: true });
      assert.equal(heap[write](1024, text), elements);
      assert.equal(heap[read](1024), text);
      assert.equal(heap[write](1024, text, elements + 1), elements);
      assert.equal(heap[read](1024), text);
      assert.equal(heap[write](1024, '', 1), 0);
      assert.equal(heap[read](1024), '');
      assert.equal(heap[write](1024, 'a\0b', 4), 3);
      assert.equal(heap[read](1024), 'a');
      memory.grow(1);
      assert.equal(heap[write](65536 + 32, text), elements);
      assert.equal(heap[read](65536 + 32), text);
    });

    test(`${title}: exactly the room there is, and nothing at all if it does not fit`, () => {
      const { heap, bytes: bytesAt } = makeManager({ shared, dirty: true });
      heap[write](1024, text, elements + 1);
      const after = 1024 + (elements + 1) * bytes;
      assert.deepEqual(bytesAt(after, 4), [0x77, 0x77, 0x77, 0x77]);
      const before = bytesAt(1024, 200);
      for (const capacity of [elements, 1, 0]) {
        throwsCode(() => heap[write](1024, text, capacity), 'RangeError', 'string_too_long');
      }
      for (const capacity of [-1, 1.5, NaN]) {
        throwsCode(() => heap[write](1024, text, capacity), 'RangeError', 'invalid_number');
      }
      for (const capacity of ['5', null]) throwsCode(() => heap[write](1024, text, capacity), 'TypeError', 'wrong_type');
      assert.deepEqual(bytesAt(1024, 200), before);
      // At the end of the memory.
      const last = 65536 - (elements + 1) * bytes;
      heap[write](last, text);
      assert.equal(heap[read](last), text);
      throwsCode(() => heap[write](last + bytes, text), 'RangeError', 'string_too_long');
      throwsCode(() => heap[write](last + bytes, text, 1000), 'RangeError', 'string_too_long');
      throwsCode(() => heap[write](65536, ''), 'RangeError', 'string_too_long');
      assert.equal(heap[read](last), text);
    });

    test(`${title}: what does not end, and what is no address or text`, () => {
      const { heap } = makeManager({ shared, dirty: true });
      for (const address of [1024, 65536 - bytes, 65536, 70000]) {
        throwsCode(() => heap[read](address), 'RangeError', 'out_of_bounds');
        throwsCode(() => heap[wrap](address), 'RangeError', 'out_of_bounds');
      }
      heap[write](1024, 'hello');
      assert.equal(heap[read](1024, 6), 'hello');
      for (const count of [5, 1, 0]) throwsCode(() => heap[read](1024, count), 'RangeError', 'out_of_bounds');
      for (const count of [-1, 1.5]) throwsCode(() => heap[read](1024, count), 'RangeError', 'invalid_number');
      throwsCode(() => heap[read](-4), 'RangeError', 'invalid_number');
      throwsCode(() => heap[write](-4, 'a', 2), 'RangeError', 'invalid_number');
      for (const value of [undefined, 5, null])
        throwsCode(() => heap[write](1024, value, 9), 'TypeError', 'wrong_type');
      assert.equal(heap[read](1024), 'hello');
    });

    test(`${title}: at an address that is not aligned`, () => {
      const { heap } = makeManager({ shared });
      const long = text.repeat(2000);
      assert.equal(heap[write](1025, long), elements * 2000);
      assert.equal(heap[read](1025), long);
      assert.equal(heap.getElementCountOfNullTerminatedString(1025, bytes), elements * 2000);
      const ref = heap[wrap](1025);
      assert.equal(ref.value, long);
      assert.equal(ref.encodedBytesView.length, elements * 2000 * bytes);
      if (bytes > 1) throwsCode(() => ref.encodedElementsView, 'RangeError', 'unaligned');
    });

    test(`${title}: allocated, by room`, () => {
      const { heap, memory, record } = makeManager({ shared });
      const ref = heap[alloc](elements);
      assert.deepEqual(record.asked, [(elements + 1) * bytes]);
      assert.deepEqual([ref.value, ref.allocatedElementCount, ref.bytesPerElement], ['', elements + 1, bytes]);
      assert.deepEqual(
        [ref.allocatedByteCount, ref.allocatedByteSize],
        [(elements + 1) * bytes, (elements + 1) * bytes],
      );
      ref.value = text;
      assert.equal(ref.value, text);
      assert.equal(ref.read(), text);
      assert.equal(ref.encodedElementCount, elements);
      assert.deepEqual([ref.encodedByteCount, ref.encodedByteLength], [elements * bytes, elements * bytes]);
      assert.ok(ref.encodedElementsView instanceof array);
      assert.equal(ref.encodedElementsView.length, elements);
      assert.ok(ref.allocatedElementsView instanceof array);
      assert.equal(ref.allocatedElementsView.length, elements + 1);
      assert.ok(ref.encodedBytesView instanceof Uint8Array);
      assert.equal(ref.encodedBytesView.length, elements * bytes);
      memory.grow(1);
      assert.equal(ref.value, text);
      assert.equal(ref.write('a'), ref);
      assert.deepEqual([ref.value, ref.encodedElementCount, ref.allocatedElementCount], ['a', 1, elements + 1]);
      ref.clear();
      assert.equal(ref.value, '');
      assert.equal(heap[alloc](0).value, '');
      for (const count of [-1, 1.5, NaN]) throwsCode(() => heap[alloc](count), 'RangeError', 'invalid_number');
      throwsCode(() => heap[alloc](), 'TypeError', 'wrong_type');
      ref.free();
      for (const use of [
        () => ref.value,
        () => {
          ref.value = '';
        },
        () => ref.clear(),
        () => ref.encodedElementCount,
        () => ref.encodedByteCount,
        () => ref.encodedBytesView,
        () => ref.encodedElementsView,
        () => ref.allocatedElementsView,
      ]) {
        throwsCode(use, 'HeapError', 'freed_ref');
      }
    });

    test(`${title}: allocated, by text`, () => {
      const { heap, record } = makeManager({ shared });
      for (const [value, count] of [
        [text, elements],
        ['', 0],
        [text.repeat(5000), 5000 * elements],
      ]) {
        const ref = heap[alloc](value);
        assert.equal(ref.value, value);
        assert.equal(ref.allocatedElementCount, count + 1);
        assert.equal(ref.encodedElementCount, count);
        assert.equal(record.asked.at(-1), (count + 1) * bytes);
      }
    });

    test(`${title}: wrapped`, () => {
      const { heap } = makeManager({ shared, dirty: true });
      heap[write](1024, text);
      const ref = heap[wrap](1024);
      assert.deepEqual([ref.value, ref.allocatedElementCount], [text, elements + 1]);
      throwsCode(
        () => {
          ref.value = `${text}x`;
        },
        'RangeError',
        'string_too_long',
      );
      ref.value = 'ab';
      assert.equal(ref.value, 'ab');
      assert.equal(heap[wrap](1024).allocatedElementCount, 3);
      const roomy = heap[wrap](1024, 50);
      assert.deepEqual([roomy.value, roomy.allocatedElementCount, roomy.encodedElementCount], ['ab', 50, 2]);
      roomy.value = 'more than before';
      assert.equal(heap[read](1024), 'more than before');
      // The other one has room for fewer, and does not look beyond.
      throwsCode(() => ref.value, 'RangeError', 'out_of_bounds');
      throwsCode(() => heap[wrap](1024, 5).value, 'RangeError', 'out_of_bounds');
      throwsCode(() => heap[wrap](1024, -1), 'RangeError', 'invalid_number');
    });

    test(`${title}: every text comes back as it was`, () => {
      const { heap } = makeManager({ shared });
      const texts = ['\ufeffmarked', '\x7f\x01\t\r\n', 'x'.repeat(300)];
      if (name !== 'Ascii')
        texts.push('\x80\x9f\xff', '\ufffe\uffff', '\u{10ffff}', 'ﬁ', 'שלום', '漢字かな'.repeat(200), '👩‍👩‍👧'.repeat(90));
      // UTF-8 cannot hold a lone surrogate; the others can, and keep it.
      if (name === 'Utf16' || name === 'Utf32') texts.push('a\ud800b', '\udc00', '\ud83d', '\udc00\ud800');
      for (const each of texts) {
        if (name === 'Ascii' && each.startsWith('\ufeff')) continue;
        heap[write](1024, each);
        assert.equal(heap[read](1024), each, JSON.stringify(each));
        const ref = heap[alloc](each);
        assert.equal(ref.value, each);
        assert.equal(ref.allocatedElementCount, ref.encodedElementCount + 1);
      }
    });
  }

  test(`Ascii, ${kind} memory: what is not ASCII is refused, and nothing is allocated for it`, () => {
    const { heap, record } = makeManager({ shared });
    heap.writeNullTerminatedAsciiString(1024, 'kept');
    for (const text of ['é', 'abc\x80', '\ud800', '😀']) {
      assert.throws(
        () => heap.writeNullTerminatedAsciiString(1024, text, 10),
        (error) => error.code === 'malformed_text',
      );
      assert.throws(
        () => heap.allocNullTerminatedAsciiString(text),
        (error) => error.code === 'malformed_text',
      );
    }
    assert.equal(heap.readNullTerminatedAsciiString(1024), 'kept');
    assert.equal(heap.allocatedHeapRefs.length, 0);
    assert.equal(record.asked.length, record.freed.length);
  });

  test(`Utf8, ${kind} memory: a lone surrogate and malformed bytes become U+FFFD`, () => {
    const { heap } = makeManager({ shared });
    assert.equal(heap.writeNullTerminatedUtf8String(1024, 'a\ud800b', 6), 5);
    assert.equal(heap.readNullTerminatedUtf8String(1024), 'a\ufffdb');
    assert.equal(heap.allocNullTerminatedUtf8String('\udc00').allocatedElementCount, 4);
    heap.viewUint8Array(64, 4).set([0x61, 0xff, 0xc3, 0x62]);
    assert.equal(heap.readNullTerminatedUtf8String(64), 'a\ufffd\ufffdb');
  });

  test(`Utf32, ${kind} memory: what is no code point becomes U+FFFD`, () => {
    const { heap } = makeManager({ shared });
    heap.viewUint32Array(64, 3).set([0x110000, 0x61, 0xffffffff]);
    assert.equal(heap.readNullTerminatedUtf32String(64), '\ufffda\ufffd');
  });

  test(`Ascii, ${kind} memory: bytes beyond ASCII are read as the package reads them`, () => {
    const { heap } = makeManager({ shared });
    heap.viewUint8Array(64, 4).set([0x80, 0xff, 0x9f, 0x62]);
    assert.equal(heap.readNullTerminatedAsciiString(64), '€ÿŸb');
  });
}

test('the length of a string, in elements', () => {
  const { heap } = makeManager();
  heap.writeNullTerminatedUtf16String(64, 'abc');
  const count = heap.getElementCountOfNullTerminatedString.bind(heap);
  assert.deepEqual([count(64, 2), count(64, 1), count(64, 2, 4), count(64, 2, Infinity)], [3, 1, 3, 3]);
  throwsCode(() => count(64, 2, 3), 'RangeError', 'out_of_bounds');
  throwsCode(() => count(64, 3), 'TypeError', 'invalid_option');
  throwsCode(() => count(64), 'TypeError', 'invalid_option');
});

test('a string is not written beyond the block that begins at its address, if the manager allocated that', () => {
  const { heap } = makeManager();
  const block = heap.allocUint8Array(6);
  assert.equal(heap.writeNullTerminatedUtf8String(block.address, 'hello'), 5);
  throwsCode(() => heap.writeNullTerminatedUtf8String(block.address, 'hello!'), 'RangeError', 'string_too_long');
  throwsCode(() => heap.writeNullTerminatedUtf16String(block.address, 'abc'), 'RangeError', 'string_too_long');
  assert.equal(heap.readNullTerminatedUtf8String(block.address), 'hello');
});
