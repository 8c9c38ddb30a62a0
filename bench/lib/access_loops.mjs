// The loops that access_child.mjs times. In a module of their own, because the functions of a module that
// awaits at its top run slower in V8; and with literal bounds, because those of a closure do.

export const begin = 262144;
export const count = 1024;

export const raw = {
  read(array) {
    let sum = 0;
    for (let at = 262144; at < 266240; at += 4) sum = (sum + array[at >> 2]) | 0;
    return sum;
  },
  write(array) {
    for (let at = 262144; at < 266240; at += 4) array[at >> 2] = at;
  },
};

export const byAddress = {
  read(heap) {
    let sum = 0;
    for (let at = 262144; at < 266240; at += 4) sum = (sum + heap.readInt32(at)) | 0;
    return sum;
  },
  write(heap) {
    for (let at = 262144; at < 266240; at += 4) heap.writeInt32(at, at);
  },
};

export const byIndex = {
  read(ref) {
    let sum = 0;
    for (let i = 0; i < 1024; i++) sum = (sum + ref.read(i)) | 0;
    return sum;
  },
  write(ref) {
    for (let i = 0; i < 1024; i++) ref.write(i, i);
  },
};

export function time(work, subject) {
  const start = performance.now();
  for (let i = 0; i < 400; i++) work(subject);
  return ((performance.now() - start) * 1e6) / (400 * count);
}
