// Purpose: the heap's figures as JavaScript sees them.
// Floor:   door js.

import { trapError } from './errors.js';
import type { HeapExports } from './generated/exports.js';
import { statisticNumbers, type HeapStatistics } from './generated/statistics.js';

/** The name of one figure of a heap. */
export type StatisticName = keyof HeapStatistics;

/** All there are. */
export const statisticNames = Object.keys(statisticNumbers) as StatisticName[];

export function isStatisticName(name: unknown): name is StatisticName {
  return typeof name === 'string' && Object.hasOwn(statisticNumbers, name);
}

/** One figure, in bytes or as a count. */
export function readStatistic(core: HeapExports, image: number, name: StatisticName): number {
  try {
    return core.allot_stat(image, statisticNumbers[name]);
  } catch (error) {
    throw trapError(error, 'stats');
  }
}

/** All figures. Some are found by walking the heap, so the cost grows with its size. */
export function readStatistics(core: HeapExports, image: number): HeapStatistics {
  const figures: Partial<Record<StatisticName, number>> = {};
  for (const name of statisticNames) figures[name] = readStatistic(core, image, name);
  return figures as Record<StatisticName, number>;
}
