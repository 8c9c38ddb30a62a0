/* What SQLite needs from an operating system, for databases that live in memory only.
 *
 * SQLite is compiled with SQLITE_OS_OTHER=1, which leaves out its Unix and Windows layers and expects
 * sqlite3_os_init() from us. It will not start without a VFS ("virtual file system"), although a database
 * named ":memory:" with SQLITE_TEMP_STORE=3 never opens a file. So this one refuses every file, and the
 * wasm module needs no import but its memory. The native build uses it too: both run the same SQLite.
 */
#include "sqlite3.h"

static int refuse_open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags,
                       int* out_flags) {
  (void)vfs, (void)name, (void)flags, (void)out_flags;
  file->pMethods = 0; /* SQLite then knows that there is nothing to close */
  return SQLITE_CANTOPEN;
}

static int refuse_delete(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  (void)vfs, (void)name, (void)sync_directory;
  return SQLITE_IOERR_DELETE;
}

static int nothing_exists(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
  (void)vfs, (void)name, (void)flags;
  *result = 0;
  return SQLITE_OK;
}

static int same_name(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  (void)vfs;
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

/* Always the same bytes: two runs, and wasm and native, must give the same rows. */
static int no_randomness(sqlite3_vfs* vfs, int size, char* out) {
  (void)vfs;
  for (int i = 0; i < size; i++) out[i] = 0;
  return size;
}

static int no_sleep(sqlite3_vfs* vfs, int microseconds) {
  (void)vfs, (void)microseconds;
  return 0;
}

static int no_clock(sqlite3_vfs* vfs, sqlite3_int64* milliseconds) {
  (void)vfs;
  *milliseconds = 0;
  return SQLITE_ERROR; /* date('now') is NULL */
}

static int no_last_error(sqlite3_vfs* vfs, int size, char* out) {
  (void)vfs, (void)size, (void)out;
  return 0;
}

int sqlite3_os_init(void) {
  static sqlite3_vfs memory_only = {
      .iVersion = 2,
      .szOsFile = sizeof(sqlite3_file),
      .mxPathname = 64,
      .zName = "memory-only",
      .xOpen = refuse_open,
      .xDelete = refuse_delete,
      .xAccess = nothing_exists,
      .xFullPathname = same_name,
      .xRandomness = no_randomness,
      .xSleep = no_sleep,
      .xGetLastError = no_last_error,
      .xCurrentTimeInt64 = no_clock,
  };
  return sqlite3_vfs_register(&memory_only, 1);
}

int sqlite3_os_end(void) { return SQLITE_OK; }
