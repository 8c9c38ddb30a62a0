// Checked by the compiler only: what the types of debugging promise, and what they refuse.

import {
  formatLeaks,
  Heap,
  readTrace,
  replayTrace,
  type BytesLike,
  type CanaryPlace,
  type Debugging,
  type DebugOptions,
  type DebugSettings,
  type Fragmentation,
  type HeapFault,
  type HeapReport,
  type MapOptions,
  type PoisonBytes,
  type QuarantineLimits,
  type ReplayStatistics,
  type ReplayTarget,
  type RestoreOptions,
  type SizeClass,
  type SnapshotOptions,
  type TraceOptions,
  type TraceRecord,
  type TraceRecorder,
} from 'allot';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const check = <T extends true>(): T | undefined => undefined;

export function watching(heap: Heap): void {
  heap.debug = true;
  heap.debug = false;
  const poison: PoisonBytes = { allocated: 1, freed: undefined };
  const quarantine: QuarantineLimits = { byteLength: 5 };
  const canaries: CanaryPlace = 'both';
  const onFault = (fault: HeapFault): void => {
    fault.found.fill(0);
    check<Equal<typeof fault.code, 'overrun' | 'use_after_free'>>();
  };
  const options: DebugOptions = { poison, quarantine, canaries, onFault };
  heap.debug = options;
  heap.debug = {} satisfies Debugging;
  const settings: DebugSettings = heap.debug;
  check<Equal<typeof settings.canaries, false | CanaryPlace>>();
  if (settings.poison !== false) settings.poison.freed.toFixed();
  if (settings.quarantine !== false) settings.quarantine.blocks.toFixed();
  // @ts-expect-error no such place
  heap.debug = { canaries: 'before' };
  // @ts-expect-error no such part
  heap.debug = { posion: true };
  // @ts-expect-error not a setting
  heap.debug = 'all';
  // @ts-expect-error it is set as a whole
  heap.debug.poison = false;
}

export function tracing(heap: Heap, bytes: BytesLike): void {
  const options: TraceOptions = { times: true, live: false };
  const trace: TraceRecorder = heap.trace(options);
  heap.trace();
  trace.mark('here');
  check<Equal<ReturnType<typeof trace.stop>, Uint8Array<ArrayBuffer>>>();
  for (const record of readTrace(bytes)) {
    check<Equal<typeof record, TraceRecord>>();
    switch (record.operation) {
      case 'malloc':
      case 'live':
        record.byteLength.toFixed();
        record.address?.toFixed();
        // @ts-expect-error refused, it gave none
        record.address.toFixed();
        break;
      case 'realloc':
        record.block.toFixed();
        break;
      case 'alignedAlloc':
        record.alignment.toFixed();
        break;
      case 'free':
        // @ts-expect-error it gives none
        record.address;
        break;
      case 'mark':
        record.text.trim();
        break;
      case 'grow':
        record.before?.toFixed();
        break;
      default:
        check<Equal<typeof record.operation, 'calloc' | 'merge' | 'reserve' | 'unreserve' | 'quota' | 'maximum'>>();
    }
  }
  const result: ReplayStatistics = replayTrace(new ArrayBuffer(8), heap);
  result.milliseconds.toFixed();
  const target: ReplayTarget = heap;
  replayTrace(new DataView(new ArrayBuffer(8)), target);
  // @ts-expect-error bytes, not text
  readTrace('trace');
  // @ts-expect-error a trace is recorded by a heap
  new TraceRecorder();
}

export async function keeping(heap: Heap): Promise<void> {
  const options: SnapshotOptions = { free: false };
  const snapshot = heap.snapshot(options);
  check<Equal<typeof snapshot, Uint8Array<ArrayBuffer>>>();
  const how: RestoreOptions = { maximum: 5, shared: true, track: 'sites' };
  check<Equal<Awaited<ReturnType<typeof Heap.restore>>, Heap>>();
  await Heap.restore(snapshot, how);
  Heap.restoreSync(snapshot.buffer).malloc(5);
  // @ts-expect-error no such option
  heap.snapshot({ compress: true });
  // @ts-expect-error bytes, not a heap
  Heap.restoreSync(heap);
}

export function showing(heap: Heap): void {
  const options: MapOptions = { width: 80, bytesPerCharacter: 64, begin: 0, end: 4096 };
  heap.map(options).split('\n');
  const report: HeapReport = heap.report();
  const cut: Fragmentation = report.fragmentation;
  check<Equal<typeof cut.internal, number | null>>();
  const classes: readonly SizeClass[] = report.histogram.live;
  classes[0]?.below.toFixed();
  formatLeaks(heap.leaks()).trim();
  // @ts-expect-error what leaks() gives
  formatLeaks(heap.blocks());
}
