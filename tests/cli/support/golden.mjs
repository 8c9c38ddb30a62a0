// Texts that the command prints, as files: golden/. Written anew with ALLOT_UPDATE_GOLDEN=1; look at the difference then.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

export const isUpdate = process.env.ALLOT_UPDATE_GOLDEN === '1';

export function assertGolden(name, text) {
  const path = new URL(`../golden/${name}`, import.meta.url);
  if (isUpdate) writeFileSync(path, text);
  assert.equal(text, readFileSync(path, 'utf8'), `${name}: ALLOT_UPDATE_GOLDEN=1 writes it anew`);
}
