// Purpose: the types that the original has: names of numbers, and the events.
// Floor:   door js, compat.

/** A 32-bit integer. Addresses are given from 0 to 2^32 - 1, and taken with either sign. */
export type i32 = number;

/** Any number. */
export type f64 = number;

/** 0: it was done. 1: it was not. */
export type bool = 0 | 1;

/** The memory has another size now, be it larger or smaller. Told after `grow` or `trim`. */
export interface Resize {
  readonly type: 'resize';
  readonly info: Resize.Info;
}

export declare namespace Resize {
  /** What has changed. `resize` tells the same object as the `grow` or `trim` before it. Frozen. */
  interface Info {
    /** Old memory size in bytes. */
    readonly oldSize: f64;
    /** New memory size in bytes. */
    readonly newSize: f64;
    /** The memory as it is now; after `trim` another object than before. */
    readonly memory: WebAssembly.Memory;
    /** Its buffer as it is now. */
    readonly buffer: ArrayBuffer;
  }
}

/** The memory was grown, by whomever. */
export interface Grow {
  readonly type: 'grow';
  readonly info: Grow.Info;
}

export declare namespace Grow {
  /** As {@link Resize.Info}. */
  type Info = Resize.Info;
}

/** The memory was made smaller. */
export interface Trim {
  readonly type: 'trim';
  readonly info: Trim.Info;
}

export declare namespace Trim {
  /** As {@link Resize.Info}. */
  type Info = Resize.Info;
}

/** There was not enough memory. */
export interface OOM {
  readonly type: 'oom';
  readonly info: OOM.Info;
}

export declare namespace OOM {
  /** How much there was not. In pages of 64 KiB. Frozen. */
  interface Info {
    /** The pages that the memory has. */
    readonly currentCapacity: i32;
    /** The pages that it would have to have. */
    readonly requestCapacity: i32;
    /** The most pages that it can have. */
    readonly maximumCapacity: i32;
  }
}

/** The events by their names. */
export interface LewdEvents {
  readonly resize: Resize;
  readonly grow: Grow;
  readonly trim: Trim;
  readonly oom: OOM;
}
