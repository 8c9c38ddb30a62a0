/* What a program asks of its surroundings, and the answer: nothing is there.
 *
 * Yard (bench/). Takes the place of WASI's imports, so that a module imports nothing and runs in every engine. The
 * environment is empty, everything else fails as for a file that is not open; what is printed is lost.
 */
#include <stdint.h>

enum { bad_file = 8 };

#define ABSENT(name, ...) \
  int32_t __imported_wasi_snapshot_preview1_##name(__VA_ARGS__) { return bad_file; }

typedef int32_t i;
typedef int64_t l;

ABSENT(clock_time_get, i a, l b, i c)
ABSENT(fd_close, i a)
ABSENT(fd_fdstat_get, i a, i b)
ABSENT(fd_fdstat_set_flags, i a, i b)
ABSENT(fd_prestat_dir_name, i a, i b, i c)
ABSENT(fd_prestat_get, i a, i b)
ABSENT(fd_read, i a, i b, i c, i d)
ABSENT(fd_renumber, i a, i b)
ABSENT(fd_seek, i a, l b, i c, i d)
ABSENT(fd_write, i a, i b, i c, i d)
ABSENT(path_open, i a, i b, i c, i d, i e, l f, l g, i h, i k)
ABSENT(sched_yield, void)

int32_t __imported_wasi_snapshot_preview1_environ_get(i a, i b) { return 0; }
int32_t __imported_wasi_snapshot_preview1_environ_sizes_get(int32_t count, int32_t bytes) {
  *(int32_t*)count = 0;
  *(int32_t*)bytes = 0;
  return 0;
}

_Noreturn void __imported_wasi_snapshot_preview1_proc_exit(int32_t code) {
  (void)code;
  __builtin_trap();
}
