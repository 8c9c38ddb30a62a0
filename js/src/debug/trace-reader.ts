// Purpose: reads a trace, record by record. It may come from anybody: what is wrong with it is an error.
// Floor:   door js.

import { makeError } from '../errors.js';
import { bytesOf, type BytesLike } from '../bytes-like.js';
import { checksumOf } from './checksum.js';
import {
  AddressCoder,
  endNumber,
  flagTimes,
  mark,
  operationName,
  traceFormat,
  traceHeaderBytes,
  traceMagic,
  traceVersion,
  type TraceField,
} from './trace-format.js';
import type { TraceRecord } from './trace-record.js';
import { ByteReader } from './varint.js';

/**
 * Reads a trace that {@link Heap.trace} has recorded. Of one that was cut off or damaged it gives the
 * records up to there, and then throws.
 *
 * @throws HeapError `malformed_trace`; at once when it is no trace that this version knows, else when
 * reading has come to where it is wrong
 */
export function readTrace(bytes: BytesLike): IterableIterator<TraceRecord> {
  const trace = bytesOf('readTrace', 'bytes', bytes);
  const reader = new ByteReader(trace, traceHeaderBytes, malformed);
  return records(trace, reader, readHeader(trace));
}

/** Gives the header's flags. */
function readHeader(trace: Uint8Array): number {
  if (trace.length < traceHeaderBytes || traceMagic.some((byte, i) => trace[i] !== byte)) malformed('it is none');
  const [version, flags] = [(trace[8] ?? 0) + (trace[9] ?? 0) * 256, (trace[10] ?? 0) + (trace[11] ?? 0) * 256];
  if (version !== traceVersion) malformed(`its version is ${version}, not ${traceVersion}`);
  if ((flags & ~flagTimes) !== 0) malformed(`it has unknown flags, ${flags}`);
  return flags;
}

function* records(trace: Uint8Array, reader: ByteReader, flags: number): Generator<TraceRecord, void, undefined> {
  const addresses = new AddressCoder();
  let microseconds = 0;
  for (let count = 0; ; count++) {
    const first = reader.byte();
    if (first === endNumber) {
      requireEnd(trace, reader, count);
      return;
    }
    const record = readRecord(reader, first, addresses);
    if ((flags & flagTimes) === 0) yield record;
    else {
      microseconds += reader.number();
      yield { ...record, microseconds };
    }
  }
}

function readRecord(reader: ByteReader, first: number, addresses: AddressCoder): TraceRecord {
  const name = operationName(first & mark.operation);
  if (name === undefined) malformed(`there is no operation ${first & mark.operation}`);
  const { fields, ...rest } = traceFormat[name as NonNullable<typeof name>];
  const record: Record<string, unknown> = { operation: name };
  for (const field of fields as readonly TraceField[]) {
    if (field === 'operand') record['block'] = readAddress(reader, addresses, (first & mark.plainOperand) !== 0);
    else if (field === 'text') record['text'] = readText(reader);
    else if (field === 'limit') record['limit'] = limitFrom(reader.number());
    else record[field] = reader.number();
  }
  if (first & mark.refused) record['refused'] = readText(reader);
  else if ('result' in rest && rest.result === 'before') record['before'] = reader.number();
  else if ('result' in rest) record['address'] = readAddress(reader, addresses, (first & mark.plainResult) !== 0);
  return record as unknown as TraceRecord;
}

function readAddress(reader: ByteReader, addresses: AddressCoder, isPlain: boolean): number {
  const address = addresses.read(reader, isPlain);
  if (!Number.isSafeInteger(address) || address < 0) malformed(`${address} is no address`);
  return address;
}

function readText(reader: ByteReader): string {
  const bytes = reader.bytes(reader.number());
  try {
    // A copy: some engines do not decode what lies in a shared buffer.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return malformed('a text in it is no UTF-8');
  }
}

const limitFrom = (written: number): number => (written === 0 ? Infinity : written - 1);

function requireEnd(trace: Uint8Array, reader: ByteReader, count: number): void {
  const counted = reader.number();
  if (counted !== count) malformed(`it says that it has ${counted} records, and has ${count}`);
  const checksum = checksumOf(trace.subarray(0, reader.at));
  if (reader.word() !== checksum) malformed('its checksum does not hold');
  if (!reader.isAtEnd) malformed('there is more behind its end');
}

function malformed(reason: string): never {
  throw makeError('malformed_trace', 'readTrace', reason);
}
