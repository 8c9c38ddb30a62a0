// Made by tools/generate.mjs from core/allot/image/words.def. Do not edit.

/** Where an image has words of 4 bytes that are not the core's alone: bytes from its beginning. */
export const imageWords = {
  /** The lock of a heap that several agents use; 0 while nobody holds it. */
  lock: 720,
  /** A number by which JavaScript tells heaps apart; 0 before it is asked for. */
  identity: 732,
  /** The same of a heap that several agents use: in its first agent's record. */
  shared_identity: 8760,
} as const;
