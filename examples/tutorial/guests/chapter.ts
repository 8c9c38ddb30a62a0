// The chapter's guest, in AssemblyScript. What stands outside of functions runs when the module is instantiated.

// Grow the memory by 2 pages (128 KiB).
memory.grow(2);

// Store 21 in byte 0.
store<u8>(0, 21);

// Store 99 in byte 1.
store<u8>(1, 99);

export function readMemory(n: i32): i32 {
  return load<u8>(n);
}
