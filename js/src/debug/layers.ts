// Purpose: which layers of debugging are around a heap's allocator: puts them there and takes them away.
// Floor:   door js.
//
//     recorders of traces     what the user asked for, with the addresses that he sees
//     guard                   poison, quarantine, canaries
//     the heap's allocator    alone when nothing is on

import type { BufferSource } from '../access.js';
import type { Allocator } from '../allocator.js';
import { GuardedAllocator } from './guard.js';
import { noDebugging, readDebugging, type DebugSettings } from './settings.js';
import { TraceLayer } from './trace-layer.js';
import { readTraceOptions, TraceRecorder, type TraceOptions } from './trace-recorder.js';

/** The layers of one heap. */
export class DebugLayers {
  readonly #source: BufferSource;
  readonly #zeroIsNull: boolean;
  readonly #use: (allocator: Allocator) => void;
  #base: Allocator;
  #guard: GuardedAllocator | undefined;
  #recorders: readonly TraceLayer[] = [];

  /**
   * @param base the heap's own allocator
   * @param source has the memory's buffer of now
   * @param zeroIsNull whether address 0 means no address
   * @param use called with the allocator that the heap is to call from now on
   */
  constructor(base: Allocator, source: BufferSource, zeroIsNull: boolean, use: (allocator: Allocator) => void) {
    this.#base = base;
    this.#source = source;
    this.#zeroIsNull = zeroIsNull;
    this.#use = use;
  }

  /** What is watched. */
  get settings(): DebugSettings {
    return this.#guard?.settings ?? noDebugging;
  }

  /** Switches parts on and off. */
  configure(operation: string, wish: unknown): void {
    const settings = readDebugging(operation, wish);
    const guard: GuardedAllocator =
      this.#guard ??
      new GuardedAllocator(this.#base, this.#source, this.#zeroIsNull, () => {
        if (this.#guard !== guard) return; // another one is in its place already
        this.#guard = undefined;
        this.#connect();
      });
    guard.configure(operation, settings);
    this.#guard = guard.isIdle ? undefined : guard;
    this.#connect();
  }

  /** Starts a trace. */
  trace(operation: string, options: TraceOptions): TraceRecorder {
    const settings = readTraceOptions(operation, options);
    const front = this.#recorders.at(-1) ?? this.#guard ?? this.#base;
    const recorder = new TraceRecorder(settings, () => {
      this.#recorders = this.#recorders.filter((layer) => layer !== own);
      this.#connect();
    });
    recorder.begin(front);
    const own = new TraceLayer(front, recorder);
    this.#recorders = [...this.#recorders, own];
    this.#connect();
    return recorder;
  }

  /** The heap has another allocator of its own: the heap has moved to another memory, say. */
  rebase(base: Allocator): void {
    this.#base = base;
    this.#connect();
  }

  /**
   * Gives back what is held in quarantine: before the heap is copied, its end is cut off, or it runs out.
   *
   * @returns whether there was anything
   */
  release(operation: string): boolean {
    return this.#guard?.release(operation) ?? false;
  }

  #connect(): void {
    let front = this.#base;
    for (const layer of [this.#guard, ...this.#recorders]) {
      if (layer === undefined) continue;
      layer.inner = front;
      front = layer;
    }
    this.#use(front);
  }
}
