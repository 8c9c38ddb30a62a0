// In the worker: runs the tests of one file.

import { enter } from './enter.mjs';

await enter(new URLSearchParams(location.search));
