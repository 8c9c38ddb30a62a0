/* wasi-libc has no setjmp. Lua includes the header but jumps only after an error, and no script makes one: what
 * would jump traps (lib/guests.mjs). Yard (bench/).
 */
