/* The demo's queries on a native SQLite, built from the same source with the same options: what the wasm
 * build must agree with.
 *
 *   native CITIES COUNTRIES SCHEMA INDEXES QUERIES
 *
 * CITIES and COUNTRIES are tab-separated files as ../lib/rows.mjs writes them, the others are SQL files.
 * Prints a line "# statement N" for each statement that gives rows, then its rows, in the form that
 * ../lib/rows.mjs also gives the rows from wasm: columns between tabs; NULL, i:integer, f:the 16 hex
 * digits of a float64's bits, t:text, b:hex bytes. Exit code 1 and a message on stderr when anything fails.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../guest/guest.h"

enum { longest_line = 4096, most_columns = 8 };

static void fail(const char* doing, const char* why) {
  fprintf(stderr, "native: %s: %s\n", doing, why);
  exit(1);
}

static void check(sqlite3* db, int code, const char* doing) {
  if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) fail(doing, sqlite3_errmsg(db));
}

static char* read_file(const char* path) {
  FILE* file = fopen(path, "rb");
  if (!file) fail(path, "cannot be opened");
  fseek(file, 0, SEEK_END);
  size_t size = (size_t)ftell(file);
  rewind(file);
  char* text = malloc(size + 1);
  if (!text || fread(text, 1, size, file) != size) fail(path, "cannot be read");
  text[size] = 0;
  fclose(file);
  return text;
}

/* One tab-separated field per parameter. Its first letter gives its type, as in the output. */
static void bind_field(sqlite3* db, sqlite3_stmt* insert, int column, const char* field) {
  const char* value = field + 2;
  int code = SQLITE_ERROR;
  if (field[0] == 'N') code = sqlite3_bind_null(insert, column);
  if (field[0] == 'i') code = sqlite3_bind_int64(insert, column, strtoll(value, 0, 10));
  if (field[0] == 't') code = sqlite3_bind_text(insert, column, value, -1, SQLITE_TRANSIENT);
  if (field[0] == 'b') {
    unsigned char bytes[longest_line / 2];
    int size = (int)strlen(value) / 2;
    for (int i = 0; i < size; i++) {
      unsigned byte;
      sscanf(value + 2 * i, "%2x", &byte);
      bytes[i] = (unsigned char)byte;
    }
    code = sqlite3_bind_blob(insert, column, bytes, size, SQLITE_TRANSIENT);
  }
  check(db, code, field);
}

static void load(sqlite3* db, const char* path, const char* sql) {
  FILE* file = fopen(path, "rb");
  if (!file) fail(path, "cannot be opened");
  sqlite3_stmt* insert;
  check(db, sqlite3_prepare_v2(db, sql, -1, &insert, 0), sql);
  check(db, sqlite3_exec(db, "BEGIN", 0, 0, 0), "BEGIN");
  char line[longest_line];
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    char* field = line;
    for (int column = 1; field && column <= most_columns; column++) {
      char* tab = strchr(field, '\t');
      if (tab) *tab = 0;
      bind_field(db, insert, column, field);
      field = tab ? tab + 1 : 0;
    }
    check(db, sqlite3_step(insert), sql);
    sqlite3_reset(insert);
  }
  check(db, sqlite3_exec(db, "COMMIT", 0, 0, 0), "COMMIT");
  sqlite3_finalize(insert);
  fclose(file);
}

static void print_value(sqlite3_stmt* statement, int column) {
  int bytes;
  const unsigned char* blob;
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL: fputs("NULL", stdout); break;
    case SQLITE_INTEGER: printf("i:%" PRId64, (int64_t)sqlite3_column_int64(statement, column)); break;
    case SQLITE_FLOAT: {
      double value = sqlite3_column_double(statement, column);
      uint64_t bits;
      memcpy(&bits, &value, sizeof bits);
      printf("f:%016" PRIx64, bits);
      break;
    }
    case SQLITE_TEXT: printf("t:%s", (const char*)sqlite3_column_text(statement, column)); break;
    default:
      fputs("b:", stdout);
      blob = sqlite3_column_blob(statement, column);
      bytes = sqlite3_column_bytes(statement, column);
      for (int i = 0; i < bytes; i++) printf("%02x", blob[i]);
  }
}

static void run(sqlite3* db, const char* sql) {
  int number = 0;
  while (*sql) {
    sqlite3_stmt* statement;
    const char* rest;
    check(db, sqlite3_prepare_v2(db, sql, -1, &statement, &rest), sql);
    if (!statement) break; /* only white space and comments were left */
    int columns = sqlite3_column_count(statement), code;
    number++;
    if (columns) printf("# statement %d\n", number);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      for (int column = 0; column < columns; column++) {
        if (column) putchar('\t');
        print_value(statement, column);
      }
      putchar('\n');
    }
    check(db, code, sql);
    sqlite3_finalize(statement);
    sql = rest;
  }
}

int main(int count, char** arguments) {
  if (count != 6) fail("usage", "native CITIES COUNTRIES SCHEMA INDEXES QUERIES");
  sqlite3* db;
  check(db, demo_open(&db), "open");
  char *schema = read_file(arguments[3]), *indexes = read_file(arguments[4]),
       *queries = read_file(arguments[5]);
  run(db, schema);
  load(db, arguments[1], "INSERT INTO city VALUES (?, ?, ?, ?, ?, ?)");
  load(db, arguments[2], "INSERT INTO country VALUES (?, ?, ?, ?)");
  run(db, indexes);
  run(db, queries);
  free(schema), free(indexes), free(queries);
  check(db, sqlite3_close(db), "close");
  return 0;
}
