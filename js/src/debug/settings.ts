// Purpose: what of debugging a caller wants, and the checks of it.
// Floor:   door js.

import { describe, requireNames, requireType, wholeNumber, wrongType } from '../arguments.js';
import { makeError } from '../errors.js';
import type { HeapFault } from './fault.js';

/** What blocks are filled with. */
export interface PoisonBytes {
  /** The byte that a new block is filled with (unless it is to be zero). Default: 0xCD. */
  readonly allocated?: number | undefined;
  /** The byte that a freed block is filled with. Default: 0xDD. */
  readonly freed?: number | undefined;
}

/** How much is held back. */
export interface QuarantineLimits {
  /** The most bytes. A block that is longer is not held back at all. Default: 1 MiB. */
  readonly byteLength?: number | undefined;
  /** The most blocks. Default: 4096. */
  readonly blocks?: number | undefined;
}

/**
 * Where a block has guard bytes: `'after'` it, or on `'both'` sides. One in front moves the block's
 * address, so that only this heap object can free it.
 */
export type CanaryPlace = 'after' | 'both';

/** What is to be watched. Everything is off unless it is asked for. */
export interface DebugOptions {
  /**
   * Fill blocks when they are allocated, and when they are freed: what reads memory that was never
   * written, or that was freed, then sees the same wrong thing each time. Brings a quarantine along
   * unless `quarantine` is `false`.
   */
  readonly poison?: boolean | PoisonBytes | undefined;
  /**
   * Hold freed blocks back for a while, filled, and look whether they are still as they were filled
   * when they leave, the first in first out: who writes into freed memory is found out.
   */
  readonly quarantine?: boolean | QuarantineLimits | undefined;
  /** Put guard bytes beside blocks, and look at them when the block is freed. `true` is `'after'`. */
  readonly canaries?: boolean | CanaryPlace | undefined;
  /**
   * Called for each fault that is found, in place of throwing it; the operation then goes on. What
   * it throws is thrown.
   */
  readonly onFault?: ((fault: HeapFault) => void) | undefined;
}

/** What {@link Heap.debug} may be set to: `true` is all of it. */
export type Debugging = boolean | DebugOptions;

/** Options, checked, with their defaults. */
export interface DebugSettings {
  /** The bytes that blocks are filled with, or `false`. */
  readonly poison: false | Readonly<Record<keyof PoisonBytes, number>>;
  /** How much is held back, or `false`. */
  readonly quarantine: false | Readonly<Record<keyof QuarantineLimits, number>>;
  /** Where guard bytes are, or `false`. */
  readonly canaries: false | CanaryPlace;
  /** Who is told of faults, in place of throwing them. */
  readonly onFault: ((fault: HeapFault) => void) | undefined;
}

/** Nothing is watched. */
export const noDebugging: DebugSettings = /* @__PURE__ */ Object.freeze({
  poison: false,
  quarantine: false,
  canaries: false,
  onFault: undefined,
});

/** The bytes that debuggers know from elsewhere. */
export const poisonBytes = { allocated: 0xcd, freed: 0xdd } as const;

const limits = { byteLength: 2 ** 20, blocks: 4096 } as const;

/** Checks what debugging is set to. */
export function readDebugging(operation: string, wish: unknown): DebugSettings {
  if (wish === false) return noDebugging;
  if (wish === true) return readDebugging(operation, { poison: true, quarantine: true, canaries: true });
  if (typeof wish !== 'object' || wish === null) throw wrongType(operation, 'debug', wish, 'a boolean or an object');
  const given = wish as Readonly<Record<string, unknown>>;
  requireNames(operation, given, Object.keys(noDebugging));
  const poison = readPoison(operation, given['poison']);
  const { onFault } = given;
  if (onFault !== undefined && typeof onFault !== 'function') {
    throw wrongType(operation, 'onFault', onFault, 'a function');
  }
  return Object.freeze({
    poison,
    quarantine: readQuarantine(operation, given['quarantine'] ?? poison !== false),
    canaries: readCanaries(operation, given['canaries']),
    onFault: onFault as DebugSettings['onFault'],
  });
}

/** Whether there is anything to do. */
export function isOff({ poison, quarantine, canaries }: DebugSettings): boolean {
  return poison === false && quarantine === false && canaries === false;
}

function readPoison(operation: string, wish: unknown = false): DebugSettings['poison'] {
  if (wish === false) return false;
  const given = parts<keyof PoisonBytes>(operation, 'poison', wish, poisonBytes);
  for (const [name, byte] of Object.entries(given)) {
    if (wholeNumber(operation, `poison.${name}`, byte) <= 255) continue;
    throw makeError('invalid_option', operation, `poison.${name} is ${byte}, which is no byte`);
  }
  return given;
}

function readQuarantine(operation: string, wish: unknown = false): DebugSettings['quarantine'] {
  if (wish === false) return false;
  const given = parts<keyof QuarantineLimits>(operation, 'quarantine', wish, limits);
  for (const [name, most] of Object.entries(given)) {
    requireType(operation, `quarantine.${name}`, most, 'number');
    if (most !== Infinity) wholeNumber(operation, `quarantine.${name}`, most);
  }
  return given;
}

function readCanaries(operation: string, wish: unknown = false): DebugSettings['canaries'] {
  if (wish === true) return 'after';
  if (wish === false || wish === 'after' || wish === 'both') return wish;
  throw makeError('invalid_option', operation, `canaries is ${describe(wish)}, not true, false, 'after' or 'both'`);
}

/** An option of several parts, each with its default; `true` stands for all defaults. */
function parts<Name extends string>(
  operation: string,
  option: string,
  wish: unknown,
  defaults: Readonly<Record<Name, number>>,
): Readonly<Record<Name, number>> {
  if (wish === true) return defaults;
  if (typeof wish !== 'object' || wish === null) throw wrongType(operation, option, wish, 'a boolean or an object');
  requireNames(operation, wish, Object.keys(defaults), `${option}.`);
  const whole: Record<string, number> = { ...defaults };
  for (const [name, value] of Object.entries(wish as Record<string, unknown>)) {
    if (value !== undefined) whole[name] = value as number;
  }
  return Object.freeze(whole);
}
