// Purpose: the package's public face. Everything else in this folder is its own business.
// Floor:   door js.

export { adopt } from './adopted-heap.js';
export type { Adoptable, AdoptOptions, EmscriptenModule, ForeignAllocator, ForeignNumber } from './adopt.js';
export type { BufferSource, ViewOfMemory } from './access.js';
export type { HeapAtomics, WaitAsyncResult, WaitResult } from './atomics.js';
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
export type { HalfArray } from './forms.js';
export type {
  CarrierName,
  Element,
  ElementArrays,
  ElementName,
  ElementTypes,
  ElementValue,
  PointerName,
} from './generated/elements.js';
export type { NumberAccess } from './generated/numbers.js';
export type { HeapStatistics } from './generated/statistics.js';
export { Heap } from './heap.js';
export type { CStringOptions, HeapBase } from './heap-base.js';
export { struct, union, StructType } from './layout/index.js';
export type {
  ArrayDescriptor,
  ArrayOptions,
  ArrayRefTo,
  Descriptor,
  Field,
  FieldDescriptors,
  FieldsOf,
  FieldValues,
  InputOf,
  Settled,
  StringDescriptor,
  StructInput,
  StructKind,
  StructOptions,
  StructRefTo,
  ValueOf,
} from './layout/index.js';
export type { ImagePlace } from './module.js';
export type { MemoryRange } from './modules/footprint.js';
export type { LoadOptions } from './modules/load-options.js';
export { LoadedModule, type ModuleStack } from './modules/loaded-module.js';
export type { HeapImports } from './modules/loader.js';
export type { ModuleBytes, ModuleSource, ResponseLike } from './modules/source.js';
export type { AllocOptions, ArrayAllocOptions, AttachOptions, HeapOptions, Policy, TagOptions } from './options.js';
export { ArrayRef } from './refs/array.js';
export { Ref } from './refs/ref.js';
export { StringRef } from './refs/string.js';
export { StructArrayRef } from './refs/struct-array.js';
export { StructRef } from './refs/struct.js';
export { PointerRef, ValueRef } from './refs/value.js';
export type { StatisticName } from './statistics.js';
export type { StringEncoding, TextOptions } from './strings/strings.js';
export type { Leak, TrackedBlock, Tracking } from './tracking.js';
export type { ArrayElementName, ArrayOf, ElementOf, InitOf, RefTo, RefType, TypedArrayConstructor } from './types.js';
