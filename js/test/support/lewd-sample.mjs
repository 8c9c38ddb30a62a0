// The complete example of the original's document, as it is written there, put together. The types are left out
// here; js/test/types/lewd.test-d.ts has them. Mended, each beside it: what could not run.

// Mended: the name of the package.
import { alloc, trim, bind, memory, buffer, on } from 'allot/compat/lewd';
import { prngGuest } from './lewd-guests.mjs';

export { trim };

// Mended: `new WebAssembly.Module(…)` of the bytes is done by the file that has them.
const PRNG_MOD = prngGuest;

const tab = /*#__PURE__*/ alloc(1024, PRNG_MOD);

let impl = /*#__PURE__*/ bind(
    // Immediately invoked spawn callback:
    () => {
        // Spawn an instance and provide its imports:
        let impl = new WebAssembly.Instance(PRNG_MOD, {
            // Mended: `memory`, but the module imports it as `mem`.
            env: { mem: memory, tab },
        // Mended: an instance has its functions in `exports`.
        }).exports;

        // Invoke the initialization procedure:
        impl.init();

        return impl;
    },
    // Respawn callback:
    () => {
        // -> Capture code goes here <-

        // Respawn the instance:
        impl = new WebAssembly.Instance(PRNG_MOD, {
            // Mended: both, as above.
            env: { mem: memory, tab },
        }).exports;

        // -> Restore code goes here <-
    },
);

export class MyPRNG {
    // PRNG instance address:
    #addr;

    // PRNG instance memory view:
    #view;

    constructor(seed) {
        // Type-hint the seed:
        seed = seed | 0;

        // Allocate:
        this.#addr = alloc(16, this) | 0;

        // Create the memory view:
        this.#view = new Int32Array(buffer, this.#addr >>> 0, 4);

        // Register the memory resize handler:
        on('resize', this, () => {
            this.#view = new Int32Array(buffer, this.#addr >>> 0, 4);
        });

        // Call the WASM-side constructor:
        impl.seed(this.#addr | 0, seed | 0);
    }

    rand = () => {
        return impl.rand(this.#addr) | 0;
    };

    fill = (out) => {
        // Allocate a scratch for the output buffer:
        let scratch = alloc(out.byteLength | 0) | 0;

        // Call the buffer fill method:
        impl.fill(this.#addr | 0, scratch | 0, out.byteLength | 0);

        // Copy the scratch into the JS-side buffer:
        out.set(new Int32Array(buffer, scratch >>> 0, out.length));

        // Release unused memory back to the host/OS:
        trim();
    };

    get state() {
        return [...this.#view];
    }
    set state(state) {
        // Mended: without the `!` behind each of them, which are TypeScript's.
        this.#view.set([state[0], state[1], state[2], state[3]]);
    }

    // Not in the document: where it lies, for the tests to look at.
    get address() {
        return this.#addr >>> 0;
    }
}

// Nor are these.
export const tableAddress = tab;
export const instanceOfNow = () => impl;
