// Purpose: what the methods of a heap need of debugging, as one object: whoever has it carries all of it.
// Floor:   door js.

import { DebugLayers } from './layers.js';
import { drawMap } from './map.js';
import { makeReport } from './report.js';
import { takeSnapshot } from './snapshot.js';

/** The parts. */
export interface DebugTools {
  readonly DebugLayers: typeof DebugLayers;
  readonly drawMap: typeof drawMap;
  readonly makeReport: typeof makeReport;
  readonly takeSnapshot: typeof takeSnapshot;
}

export const debugTools: DebugTools = { DebugLayers, drawMap, makeReport, takeSnapshot };
