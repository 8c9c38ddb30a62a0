/* For the one type that Lua uses of it; there are no signals. Yard (bench/). */
typedef int sig_atomic_t;
