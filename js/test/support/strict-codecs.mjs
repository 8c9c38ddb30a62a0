// Makes the platform's codecs refuse, in every runtime, what browsers refuse: views on shared and on
// resizable memory. To be imported by files that use text in such memory.

function refuse(view) {
  const buffer = view?.buffer ?? view;
  if (buffer === undefined || (buffer instanceof ArrayBuffer && buffer.resizable !== true)) return;
  throw new TypeError('a codec was let loose on shared or resizable memory');
}

const { decode } = TextDecoder.prototype;
TextDecoder.prototype.decode = function strictDecode(view, ...options) {
  refuse(view);
  return decode.call(this, view, ...options);
};

const { encodeInto } = TextEncoder.prototype;
TextEncoder.prototype.encodeInto = function strictEncodeInto(text, view) {
  refuse(view);
  return encodeInto.call(this, text, view);
};
