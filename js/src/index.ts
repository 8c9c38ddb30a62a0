// Purpose: the package's public face. Everything else in this folder is its own business.
// Floor:   door js.

export { adopt } from './adopted-heap.js';
export type { Adoptable, AdoptOptions, EmscriptenModule, ForeignAllocator, ForeignNumber } from './adopt.js';
export type { BufferSource, ViewOfMemory } from './access.js';
export type { HeapAgent } from './agents.js';
export type { HeapAtomics, WaitAsyncResult, WaitResult } from './atomics.js';
export type { Block, BlockKind } from './blocks.js';
export { Arena, type ArenaMark, type ArenaOptions } from './arena.js';
export type { BytesLike } from './bytes-like.js';
export type { HeapFault } from './debug/fault.js';
export type {
  HeapEvent,
  HeapEventHandler,
  HeapEvents,
  HeapEventType,
  OutOfMemoryHook,
  OutOfMemoryInfo,
  ResizeInfo,
} from './events.js';
export { formatLeaks } from './debug/leaks.js';
export type { MapOptions } from './debug/map.js';
export type { Fragmentation, HeapReport, SizeClass } from './debug/report.js';
export type { RestoreOptions } from './debug/restore.js';
export type {
  CanaryPlace,
  Debugging,
  DebugOptions,
  DebugSettings,
  PoisonBytes,
  QuarantineLimits,
} from './debug/settings.js';
export type { SnapshotOptions } from './debug/snapshot.js';
export { readTrace } from './debug/trace-reader.js';
export type { TraceOptions, TraceRecorder } from './debug/trace-recorder.js';
export type {
  TraceAlignedAlloc,
  TraceCalloc,
  TraceFree,
  TraceGave,
  TraceGrow,
  TraceLimit,
  TraceMalloc,
  TraceMark,
  TraceMerge,
  TraceRealloc,
  TraceRecord,
  TraceRecorded,
  TraceReserve,
  TraceUnreserve,
} from './debug/trace-record.js';
export { replayTrace, type ReplayStatistics, type ReplayTarget } from './debug/trace-replay.js';
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
export type { GuestError } from './guest-error.js';
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
export { BoundInstance } from './moving/bound-instance.js';
export type { BoundImports } from './moving/imports.js';
export { ArrayRef } from './refs/array.js';
export { Ref } from './refs/ref.js';
export { Relocatable } from './relocatable/relocatable.js';
export { Scope } from './scope.js';
export { StringRef } from './refs/string.js';
export { StructArrayRef } from './refs/struct-array.js';
export { StructRef } from './refs/struct.js';
export type { Ticket, TicketType } from './refs/ticket.js';
export { PointerRef, ValueRef } from './refs/value.js';
export type { StatisticName } from './statistics.js';
export type { StringEncoding, TextOptions } from './strings/strings.js';
export type { Leak, TrackedBlock, Tracking } from './tracking.js';
export type { ArrayElementName, ArrayOf, ElementOf, InitOf, RefTo, RefType, TypedArrayConstructor } from './types.js';
export type { EndingWorker, WatchOptions } from './watch.js';
