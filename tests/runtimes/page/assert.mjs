// node:assert/strict for browsers.
import assert from 'assert';

export default assert.strict;
