// Where things are.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const output = join(root, 'build/bench');
export const sysroot = '/usr/lib/wasm32-wasi'; // Debian's wasi-libc
