/* An errno of mimalloc's own, where it is built for threads.
 *
 * Yard (bench/). wasi-libc's headers call errno thread-local as soon as a thread can be; its library has one for all.
 */
#pragma once
#include <errno.h>
#undef errno
static _Thread_local int own_errno;
#define errno own_errno
