// The JavaScript examples of the two READMEs run as they are written.

import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

for (const name of ['README.md', 'js/README.md']) {
  const file = fileURLToPath(new URL(`../../${name}`, import.meta.url));
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const examples = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);
  examples.forEach((code, index) => {
    test(`${name}, example ${index + 1}`, async () => {
      // A data: module cannot name packages; this file can, and hands it the address.
      const runnable = code.replaceAll(/from 'allot'/g, `from '${import.meta.resolve('allot')}'`);
      await import(`data:text/javascript,${encodeURIComponent(runnable)}`);
    });
  });
}
