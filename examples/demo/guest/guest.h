/* What the demo adds to SQLite: one SQL function, and a way for JavaScript to name the guest's free(). */
#ifndef ALLOT_DEMO_GUEST_H
#define ALLOT_DEMO_GUEST_H

#include "sqlite3.h"

/* Opens an empty database in memory and adds distance_km() to it. Returns an SQLite result code; on any
 * code *out may still be a handle, which the caller closes (the rule of sqlite3_open). */
int demo_open(sqlite3** out);

/* The guest's free() as a destructor for sqlite3_bind_*: a caller that allocated a text or a blob in this
 * heap hands it over with the value, and SQLite frees it when it no longer needs it. */
sqlite3_destructor_type demo_free(void);

#endif
