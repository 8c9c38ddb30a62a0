/// <reference lib="esnext.disposable" preserve="true" />
// Purpose: the name of the method that `using` calls. Apart, so that who needs it brings nothing else along.
// Floor:   door js.

// Engines without explicit resource management have no Symbol.dispose; helpers for it (TypeScript's,
// core-js's) look for this one.
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);
