// Guests for the tests of LEWD, assembled beforehand by wat2wasm: no runtime has an assembler.

const assemble = (base64) => new WebAssembly.Module(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));

// Everything that a module can have which a move of the memory must not lose, or must not do again:
//
//   (module
//     (import "env" "memory" (memory 1))
//     (type $get (func (result i32)))
//     (global $count (export "count") (mut i32) (i32.const 5))
//     (table $table (export "table") 2 funcref)
//     (func $one (export "one") (result i32) (i32.const 1))
//     (func $two (export "two") (result i32) (i32.const 2))
//     (elem (i32.const 0) $one)
//     (data (i32.const 0) "data")
//     (start $start)
//     (func $start (i32.store (i32.const 16) (i32.const -1)))
//     (func (export "bump") (result i32)
//       (global.set $count (i32.add (global.get $count) (i32.const 1)))
//       (global.get $count))
//     (func (export "call") (param $slot i32) (result i32) (call_indirect (type $get) (local.get $slot)))
//     (func (export "peek") (param $at i32) (result i32) (i32.load8_u (local.get $at)))
//     (func (export "grow") (param $pages i32) (result i32) (memory.grow (local.get $pages))))
const stateful =
  'AGFzbQEAAAABDQNgAAF/YAAAYAF/AX8CDwEDZW52Bm1lbW9yeQIAAQMIBwAAAQACAgIEBAFwAAIGBgF/AUEFCwc5CAVjb3Vu' +
  'dAMABXRhYmxlAQADb25lAAADdHdvAAEEYnVtcAADBGNhbGwABARwZWVrAAUEZ3JvdwAGCAECCQcBAEEACwEACjgHBABBAQsE' +
  'AEECCwkAQRBBfzYCAAsLACMAQQFqJAAjAAsHACAAEQAACwcAIAAtAAALBgAgAEAACwsKAQBBAAsEZGF0YQ==';

/** Imports `env.memory`. */
export const statefulGuest = assemble(stateful);

// examples/prng/prng.wat; a test there compares.
export const prngBase64 =
  'AGFzbQEAAAABGgVgAABgAn9/AX9gAX8Bf2ACf38AYAN/f38AAhcCA2VudgNtZW0CAAEDZW52A3RhYgN/AAMHBgABAgMCBAcd' +
  'BARpbml0AAAEc2VlZAADBHJhbmQABARmaWxsAAUKhQMGSgEDfyMAIQAjAEGACGohAUEBIQIDQCACIAJBDXRzIQIgAiACQRF2' +
  'cyECIAIgAkEFdHMhAiAAIAI2AgAgAEEEaiEAIAAgAUcNAAsLHQEBfyAAIAF2Qf8BcSECIwAgAkECdGooAgAgAXcLHQAgAEEA' +
  'EAEgAEEIEAFzIABBEBABIABBGBABc3MLWgEEfyABEAIhAiABQbnz3fF5ahACIQMgAUHy5rvjA2oQAiEEIAFBq9qZ1X1qEAIh' +
  'BSAAIAI2AgAgACADNgIEIAAgBDYCCCAAIAUgAiADciAEIAVyckVqNgIMC3gBBX8gACgCACEBIAAoAgQhAiAAKAIIIQMgACgC' +
  'DCEEIAJBCXQhBSACQQVsQQd3QQlsIAMgAXMhAyAEIAJzIQQgAiADcyECIAEgBHMhASADIAVzIQMgBEELdyEEIAAgATYCACAA' +
  'IAI2AgQgACADNgIIIAAgBDYCDAsoAAJAA0AgAkEESQ0BIAEgABAENgIAIAFBBGohASACQQRrIQIMAAsLCw==';

/** Imports `env.mem` and `env.tab`: the random number generator of the original's document. */
export const prngGuest = assemble(prngBase64);
