-- A place is a blob of two little-endian float64: latitude, longitude.
CREATE TABLE city (
  id         INTEGER PRIMARY KEY,
  name       TEXT    NOT NULL,
  country    TEXT    NOT NULL,
  kind       TEXT    NOT NULL,
  population INTEGER NOT NULL,
  place      BLOB    NOT NULL
);
CREATE TABLE country (
  code       TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  continent  TEXT NOT NULL,
  capital    TEXT NOT NULL
) WITHOUT ROWID;
