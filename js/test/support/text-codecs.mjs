// The encodings once more, as slowly and plainly as their definitions read: what the package is
// compared with. Nothing here knows of the platform's codecs, nor of the package.

const fffd = 0xfffd;

/** Bytes in a unit of each encoding. */
export const unitBytes = { ascii: 1, latin1: 1, utf8: 1, utf16: 2, utf32: 4 };

/** All encodings. */
export const encodings = Object.keys(unitBytes);

/** The code points of a string, lone surrogates among them. */
export function codesOf(text) {
  const codes = [];
  for (const character of text) codes.push(character.codePointAt(0));
  return codes;
}

const isSurrogate = (code) => code >= 0xd800 && code <= 0xdfff;

const bytesOf = {
  2: (value) => [value % 256, value >> 8],
  4: (value) => [value % 256, (value >> 8) % 256, value >> 16, 0],
};

const encoders = {
  ascii: (code) => [code < 0x80 ? code : 0x3f],
  latin1: (code) => [code < 0x100 ? code : 0x3f],
  utf8: (code) => utf8Bytes(isSurrogate(code) ? fffd : code),
  utf16(code, keep) {
    const [first, second] = utf16Units(isSurrogate(code) && !keep ? fffd : code);
    return second === undefined ? bytesOf[2](first) : [...bytesOf[2](first), ...bytesOf[2](second)];
  },
  utf32: (code, keep) => bytesOf[4](isSurrogate(code) && !keep ? fffd : code),
};

// The table "UTF-8 Bit Distribution" of the Unicode standard.
function utf8Bytes(code) {
  const tail = (shift) => 0x80 + ((code >> shift) % 64);
  if (code < 0x80) return [code];
  if (code < 0x800) return [0xc0 + (code >> 6), tail(0)];
  if (code < 0x10000) return [0xe0 + (code >> 12), tail(6), tail(0)];
  return [0xf0 + (code >> 18), tail(12), tail(6), tail(0)];
}

function utf16Units(code) {
  if (code < 0x10000) return [code];
  return [0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) % 1024)];
}

/** The bytes of a string; what is malformed is replaced. `keep`: lone surrogates are not malformed. */
export function encode(text, encoding, keep = false) {
  const bytes = [];
  for (const code of codesOf(text)) for (const byte of encoders[encoding](code, keep)) bytes.push(byte);
  return new Uint8Array(bytes);
}

/** The index of the first character of a string that an encoding cannot hold; -1 for none. */
export function findUnfit(text, encoding) {
  let index = 0;
  for (const code of codesOf(text)) {
    const limit = { ascii: 0x7f, latin1: 0xff }[encoding] ?? 0x10ffff;
    if (code > limit || (limit === 0x10ffff && isSurrogate(code))) return index;
    index += code > 0xffff ? 2 : 1;
  }
  return -1;
}

/**
 * What bytes say: the string with U+FFFD for what is malformed, and where the first malformed bytes
 * are (-1 for nowhere).
 */
export function decode(bytes, encoding, keep = false) {
  let text = '';
  let malformedAt = -1;
  const malformed = (at) => {
    if (malformedAt < 0) malformedAt = at;
    text += '\ufffd';
  };
  const add = (code) => {
    text += String.fromCharCode(...utf16Units(code));
  };
  decoders[encoding](bytes, add, malformed, keep);
  return { text, malformedAt };
}

function unitAt(bytes, at, count) {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + bytes[at + i];
  return value;
}

const decoders = {
  ascii(bytes, add, malformed) {
    bytes.forEach((byte, at) => (byte < 0x80 ? add(byte) : malformed(at)));
  },
  latin1(bytes, add) {
    bytes.forEach((byte) => add(byte));
  },
  utf8: decodeUtf8,
  utf16(bytes, add, malformed, keep) {
    for (let at = 0; at < bytes.length; at += 2) {
      const unit = unitAt(bytes, at, 2);
      const next = at + 2 < bytes.length ? unitAt(bytes, at + 2, 2) : 0;
      if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
        add(0x10000 + (unit - 0xd800) * 1024 + (next - 0xdc00));
        at += 2;
      } else if (isSurrogate(unit) && !keep) {
        malformed(at);
      } else {
        add(unit);
      }
    }
  },
  utf32(bytes, add, malformed, keep) {
    for (let at = 0; at < bytes.length; at += 4) {
      const code = unitAt(bytes, at, 4);
      if (code > 0x10ffff || (isSurrogate(code) && !keep)) malformed(at);
      else add(code);
    }
  },
};

// The decoder of the Encoding Standard, https://encoding.spec.whatwg.org/#utf-8-decoder, step by step.
function decodeUtf8(bytes, add, malformed) {
  let [code, seen, needed, lower, upper, begin] = [0, 0, 0, 0x80, 0xbf, 0];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (needed === 0) {
      begin = at;
      if (byte <= 0x7f) {
        add(byte);
      } else if (byte >= 0xc2 && byte <= 0xdf) {
        [needed, code] = [1, byte & 0x1f];
      } else if (byte >= 0xe0 && byte <= 0xef) {
        if (byte === 0xe0) lower = 0xa0;
        if (byte === 0xed) upper = 0x9f;
        [needed, code] = [2, byte & 0xf];
      } else if (byte >= 0xf0 && byte <= 0xf4) {
        if (byte === 0xf0) lower = 0x90;
        if (byte === 0xf4) upper = 0x8f;
        [needed, code] = [3, byte & 0x7];
      } else {
        malformed(at);
      }
      continue;
    }
    if (byte < lower || byte > upper) {
      [code, seen, needed, lower, upper] = [0, 0, 0, 0x80, 0xbf];
      malformed(begin);
      at--; // the byte is looked at again
      continue;
    }
    [lower, upper] = [0x80, 0xbf];
    code = code * 64 + (byte & 0x3f);
    seen++;
    if (seen === needed) {
      add(code);
      [code, seen, needed] = [0, 0, 0];
    }
  }
  if (needed !== 0) malformed(begin);
}
