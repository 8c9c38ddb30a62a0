// What the npm package `assert` reads of Node. It goes into its bundle alone: the tests must not see it.
export const process = { env: {}, nextTick: (action, ...values) => queueMicrotask(() => action(...values)) };
