// One exact text form of values, so that the rows of two programs can be compared byte for byte: NULL,
// i:integer, f:the 16 hex digits of a float64's bits, t:text, b:hex bytes. native/main.c reads and writes the
// same.

const float = new DataView(new ArrayBuffer(8));

/** `value` is what lib/sqlite.mjs gives for a column: null, bigint, number (a float), string or bytes. */
export function exact(value) {
  if (value === null) return 'NULL';
  if (typeof value === 'bigint') return `i:${value}`;
  if (typeof value === 'string') return `t:${value}`;
  if (typeof value === 'number') {
    float.setFloat64(0, value);
    return `f:${float.getBigUint64(0).toString(16).padStart(16, '0')}`;
  }
  return `b:${Buffer.from(value).toString('hex')}`;
}

const line = (values) => values.map(exact).join('\t');

/** The form in which the native program prints the results of queries. */
export function exactResults(results) {
  return results
    .map(({ rows }, index) => [`# statement ${index + 1}`, ...rows.map(line), ''].join('\n'))
    .join('');
}

/** A place as it is stored: two little-endian float64. */
export function placeBytes(latitude, longitude) {
  const bytes = new DataView(new ArrayBuffer(16));
  bytes.setFloat64(0, latitude, true);
  bytes.setFloat64(8, longitude, true);
  return new Uint8Array(bytes.buffer);
}

/** The data set as the two files that the native program loads. */
export function dataFiles({ cities, countries }) {
  const text = (rows) => rows.map((row) => `${line(row)}\n`).join('');
  return {
    cities: text(
      cities.map((c) => [
        BigInt(c.id),
        c.name,
        c.country,
        c.kind,
        BigInt(c.population),
        placeBytes(c.latitude, c.longitude),
      ]),
    ),
    countries: text(countries.map((c) => [c.code, c.name, c.continent, c.capital])),
  };
}
