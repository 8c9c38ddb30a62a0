/* SQLite: a database in memory, worked on much as SQLite's own speedtest1 does.
 *
 * Yard (bench/). Tables are filled with numbers and their names, read with and without an index, joined, sorted,
 * changed and emptied; and small statements are compiled again and again, as by programs that prepare nothing.
 */
#include "sqlite3.h"

#include "program.h"

static sqlite3* database;
static uint32_t sum;

/* Nothing here may fail: a database that does less is faster. */
static void check(int code) {
  if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) __builtin_trap();
}

static void add_text(const char* text, int length) { sum = sum_of(sum, text, (uint32_t)length); }

static sqlite3_stmt* prepare(const char* sql) {
  sqlite3_stmt* statement;
  check(sqlite3_prepare_v2(database, sql, -1, &statement, 0));
  return statement;
}

/* Runs a statement to its end and adds all that it gives to the sum. */
static void drain(sqlite3_stmt* statement) {
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
      const char* text = (const char*)sqlite3_column_text(statement, i);
      if (text) add_text(text, sqlite3_column_bytes(statement, i));
    }
  }
  check(code);
  check(sqlite3_reset(statement));
}

static void query(const char* sql) {
  sqlite3_stmt* statement = prepare(sql);
  drain(statement);
  check(sqlite3_finalize(statement));
}

static uint32_t random_state;
static uint32_t below(uint32_t limit) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return (uint32_t)(((uint64_t)random_state * limit) >> 32);
}

/* A number in English words, so that texts are of many lengths. */
static char* put(char* to, const char* word) {
  while (*word) *to++ = *word++;
  *to++ = ' ';
  return to;
}
static char* put_number(char* to, uint32_t number) {
  static const char* const ones[] = {"zero",    "one",     "two",       "three",    "four",
                                     "five",    "six",     "seven",     "eight",    "nine",
                                     "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                                     "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
  static const char* const tens[] = {"",      "ten",   "twenty",  "thirty", "forty",
                                     "fifty", "sixty", "seventy", "eighty", "ninety"};
  if (number >= 1000) {
    to = put(put_number(to, number / 1000), "thousand");
    number %= 1000;
  }
  if (number >= 100) {
    to = put(put_number(to, number / 100), "hundred");
    number %= 100;
  }
  if (number >= 20) {
    to = put(to, tens[number / 10]);
    number %= 10;
  }
  return number ? put(to, ones[number]) : to;
}

enum { rows = 6000 };

static void insert(const char* table, int in_order) {
  char sql[64];
  sqlite3_snprintf(sizeof sql, sql, "INSERT INTO %s VALUES(?1, ?2, ?3)", table);
  sqlite3_stmt* statement = prepare(sql);
  char text[256];
  for (uint32_t i = 1; i <= rows; i++) {
    uint32_t number = below(500000);
    char* end = put_number(text, number);
    check(sqlite3_bind_int64(statement, 1, in_order ? i : (i * 7919u) % 65537u));
    check(sqlite3_bind_int64(statement, 2, number));
    check(sqlite3_bind_text(statement, 3, text, (int)(end - text), SQLITE_TRANSIENT));
    drain(statement);
  }
  check(sqlite3_finalize(statement));
}

/* Blobs that grow and shrink: their pages overflow, and are given back. */
static void blobs(void) {
  query("CREATE TABLE blobs(id INTEGER PRIMARY KEY, data BLOB)");
  sqlite3_stmt* statement = prepare("INSERT OR REPLACE INTO blobs VALUES(?1, randomblob(0) || zeroblob(?2))");
  for (int i = 0; i < 400; i++) {
    check(sqlite3_bind_int64(statement, 1, below(120)));
    check(sqlite3_bind_int64(statement, 2, below(i % 10 ? 4000 : 60000)));
    drain(statement);
  }
  check(sqlite3_finalize(statement));
  query("SELECT count(*), sum(length(data)) FROM blobs");
}

/* Statements that are compiled, run once and thrown away. */
static void many_statements(void) {
  char sql[160];
  for (int i = 0; i < 1500; i++) {
    switch (i % 3) {
      case 0:
        sqlite3_snprintf(sizeof sql, sql, "SELECT a, c FROM t3 WHERE a BETWEEN %u AND %u ORDER BY c LIMIT 5",
                         below(rows), below(rows) + rows / 2);
        break;
      case 1:
        sqlite3_snprintf(sizeof sql, sql, "UPDATE t3 SET b = b + %u WHERE a = %u", below(100), below(rows));
        break;
      default:
        sqlite3_snprintf(sizeof sql, sql, "SELECT count(*), min(c), 'no. %d' FROM t2 WHERE b > %u AND b < %u",
                         i, below(400000), below(400000));
    }
    query(sql);
  }
}

uint32_t work(void) {
  sum = 2166136261u;
  random_state = 2463534242u;
  check(sqlite3_open(":memory:", &database));

  query("BEGIN");
  query("CREATE TABLE t1(a INTEGER, b INTEGER, c TEXT)");
  query("CREATE TABLE t2(a INTEGER, b INTEGER, c TEXT)");
  query("CREATE TABLE t3(a INTEGER PRIMARY KEY, b INTEGER, c TEXT)");
  query("CREATE INDEX t2b ON t2(b)");
  query("CREATE INDEX t2c ON t2(c)");
  insert("t1", 1);
  insert("t2", 0);
  insert("t3", 1);
  query("COMMIT");

  sqlite3_stmt* statement =
      prepare("SELECT count(*), avg(b), sum(length(c)) FROM t1 WHERE b BETWEEN ?1 AND ?2");
  for (int i = 0; i < 20; i++) {
    check(sqlite3_bind_int64(statement, 1, i * 1000));
    check(sqlite3_bind_int64(statement, 2, i * 1000 + 100000));
    drain(statement);
  }
  check(sqlite3_finalize(statement));
  query("SELECT count(*), max(b) FROM t1 WHERE c LIKE '%thirty%'");
  query("SELECT a, b, c FROM t1 ORDER BY c LIMIT 50");
  query("CREATE INDEX t1b ON t1(b)");
  query("CREATE INDEX t1c ON t1(c, a)");
  query("SELECT count(*) FROM t1 WHERE b IN (SELECT b FROM t2)");
  query("SELECT t1.c, t2.c FROM t1 JOIN t2 ON t1.a = t2.a WHERE t1.b < 250000 ORDER BY t1.c LIMIT 100");
  query(
      "SELECT substr(c, 1, 8) AS k, count(*), sum(b), group_concat(a % 10, '') FROM t1 GROUP BY k ORDER BY "
      "k");
  query(
      "WITH RECURSIVE n(i, s) AS (SELECT 1, 'x' UNION ALL SELECT i + 1, s || char(97 + i % 26) FROM n WHERE "
      "i < 300)"
      " SELECT count(*), sum(length(s)) FROM n");

  many_statements();
  blobs();

  query("UPDATE t1 SET c = c || ' more' WHERE b % 3 = 0");
  query("DELETE FROM t2 WHERE b % 2 = 0");
  query("INSERT INTO t2 SELECT a + 100000, b + 1, c || '!' FROM t1 WHERE b % 5 < 2");
  query("BEGIN");
  query("DELETE FROM t1 WHERE a % 4 <> 0");
  query("ROLLBACK");
  query("CREATE TABLE t4 AS SELECT DISTINCT c, b FROM t1 UNION SELECT c, b FROM t2");
  query("SELECT count(*), sum(b), max(c) FROM t4");
  query("DROP TABLE t1");
  query("VACUUM");
  query("PRAGMA integrity_check");

  check(sqlite3_close(database));
  check(sqlite3_shutdown());
  return sum;
}
