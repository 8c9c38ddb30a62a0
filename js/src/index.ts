// Purpose: the package's public face. Everything else in this folder is its own business.
// Floor:   door js.

export type { Block, BlockKind } from './blocks.js';
export {
  HeapError,
  type CodedRangeError,
  type CodedTypeError,
  type ErrorCode,
  type HeapErrorCode,
  type RangeErrorCode,
  type TypeErrorCode,
} from './errors.js';
export type { HeapStatistics } from './generated/statistics.js';
export { Heap, type AllocatedString } from './heap.js';
export type { ImagePlace } from './module.js';
export type { AttachOptions, HeapOptions, Policy } from './options.js';
export type { StatisticName } from './statistics.js';
export type { StringEncoding } from './strings.js';
