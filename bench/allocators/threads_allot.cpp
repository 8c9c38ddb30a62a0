// What a program with threads says to allot's guest library: they may all wait.
//
// Yard (bench/). Beside threads_direct.cpp.

extern "C" int allot_may_block(void) { return 1; }
