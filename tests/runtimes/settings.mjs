// What the tests are told from outside, by js/test/support/runtime.mjs.

// `./dev test all` has the time.
const hasTime = process.env.ALLOT_TEST_ALL === 'yes';

/** Operations of a random test, where it is not the first runtime that runs it: the same ones as there, but fewer. */
const operationsElsewhere = hasTime ? '20000' : '3000';

/** How long each test goes on that can go on for ever. */
export const soakSeconds = process.env.ALLOT_SOAK_SECONDS ?? (hasTime ? '15' : '0');

/**
 * @param {string[]} can what the runtime must be able to do
 * @param {boolean} isFirst whether it runs the random tests in full
 * @returns {Record<string, string>}
 */
export function settingsFor(can, isFirst) {
  const { ALLOT_SEED, ALLOT_OPERATIONS = isFirst ? undefined : operationsElsewhere } = process.env;
  return {
    ALLOT_RUNTIME_CAN: can.join(),
    ALLOT_SOAK_SECONDS: soakSeconds,
    ...(ALLOT_SEED && { ALLOT_SEED }),
    ...(ALLOT_OPERATIONS && { ALLOT_OPERATIONS }),
  };
}
