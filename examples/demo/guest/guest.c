/* See guest.h. Compiled into the wasm module and into the native program alike. */
#include "guest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A place is a blob of two float64: latitude and longitude in degrees, little-endian, as every wasm engine
 * and the native machines this demo is meant for store them. */
static int read_place(sqlite3_value* value, double place[2]) {
  if (sqlite3_value_type(value) != SQLITE_BLOB || sqlite3_value_bytes(value) != 2 * (int)sizeof(double))
    return 0;
  memcpy(place, sqlite3_value_blob(value), 2 * sizeof(double)); /* the blob need not be aligned */
  return 1;
}

/* distance_km(place, place): kilometres along the great circle on a ball of the earth's mean radius, by the
 * haversine formula. Rounded to whole kilometres, so that the last bits of two maths libraries do not show.
 * NULL when an argument is no place. */
static void distance_km(sqlite3_context* context, int count, sqlite3_value** arguments) {
  (void)count;
  static const double radian = 3.14159265358979323846 / 180, radius_km = 6371.0088;
  double a[2], b[2];
  if (!read_place(arguments[0], a) || !read_place(arguments[1], b)) return; /* the result stays NULL */
  double north = sin((b[0] - a[0]) * radian / 2), east = sin((b[1] - a[1]) * radian / 2);
  double h = north * north + cos(a[0] * radian) * cos(b[0] * radian) * east * east;
  if (h > 1) h = 1; /* opposite points, rounded */
  sqlite3_result_int64(context, (sqlite3_int64)(2 * radius_km * asin(sqrt(h)) + 0.5));
}

int demo_open(sqlite3** out) {
  int code = sqlite3_open(":memory:", out);
  if (code != SQLITE_OK) return code;
  return sqlite3_create_function(*out, "distance_km", 2,
                                 SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, 0, distance_km, 0, 0);
}

sqlite3_destructor_type demo_free(void) { return free; }
