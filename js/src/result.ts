// Purpose: how the core hands back an address or an error in one 32-bit number: an address is a
//          multiple of 16, so a number with any of its low four bits set is an error's (number << 4) |
//          15.
// Floor:   door js.

/** Whether a result is an error. */
export function isError(result: number): boolean {
  return (result & 15) !== 0;
}

/** The address in a result that is no error. */
export function addressIn(result: number): number {
  return result >>> 0;
}

/** The error number in a result that is one. */
export function errorNumberIn(result: number): number {
  return result >>> 4;
}
