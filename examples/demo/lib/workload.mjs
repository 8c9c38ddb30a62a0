// The workload: what an application does with SQLite, from opening the database to giving everything back. It
// is the same for every malloc; only `guest.heap` differs.

import { readQueries, readSql } from './queries.mjs';
import { Database, SqliteError } from './sqlite.mjs';

/** The phases, in order. `title` says in a few words what happens. */
export const phases = [
  { name: 'load', title: 'load the rows' },
  { name: 'index', title: 'build two indexes' },
  { name: 'query', title: 'run the queries' },
  { name: 'blob', title: 'a large blob, there and back' },
  { name: 'copy', title: 'copy the database' },
  { name: 'shrink', title: 'delete half, rebuild' },
  { name: 'close', title: 'close, free everything' },
];

/**
 * Runs the phases. `after(phase, state)` is called between them, off the clock.
 *
 * @returns {{results, milliseconds: Record<string, number>}} the rows of every query; the time of every phase
 */
export function runWorkload(guest, dataset, { after, progress, forget = 0 } = {}) {
  const state = { guest, dataset, progress, forget, results: [] };
  const milliseconds = {};
  for (const { name } of phases) {
    const start = performance.now();
    steps[name](state);
    milliseconds[name] = performance.now() - start;
    after?.(name, state);
  }
  return { results: state.results, milliseconds };
}

const steps = {
  load(state) {
    state.database = new Database(state.guest);
    state.database.execute(readSql('schema'));
    state.database.execute('BEGIN');
    insertCities(state);
    insertCountries(state);
    state.database.execute('COMMIT');
  },

  index({ database }) {
    database.execute(readSql('indexes'));
  },

  query(state) {
    for (const { title, text } of readQueries()) {
      const statement = state.database.prepare(text);
      state.results.push({ title, ...statement.all() });
      statement.finalize();
    }
  },

  blob({ database, dataset, guest: { heap, memory } }) {
    const byteLength = dataset.cities.length * 16;
    const block = heap.malloc(byteLength);
    // Packed straight into the block that SQLite will read. No view outlives this loop: binding may grow the
    // memory.
    const view = new DataView(memory.buffer, block, byteLength);
    dataset.cities.forEach(({ latitude, longitude }, index) => {
      view.setFloat64(index * 16, latitude, true);
      view.setFloat64(index * 16 + 8, longitude, true);
    });
    database.execute('CREATE TABLE track (places BLOB)');
    const insert = database.prepare('INSERT INTO track VALUES (?)');
    insert.lendBlob(1, block, byteLength);
    insert.run();
    insert.finalize();
    const select = database.prepare('SELECT places FROM track');
    select.step();
    const back = select.blob(0);
    const sent = new Uint8Array(memory.buffer, block, byteLength);
    if (Buffer.compare(back, sent) !== 0) throw new SqliteError('the blob came back changed');
    select.finalize();
    heap.free(block);
  },

  // Half of what lies in the heap now is the copy that SQLite allocated for us. It is freed in the next
  // phase, so that a picture can be taken here.
  copy(state) {
    state.copy = state.database.serialize();
    const magic = state.guest.heap.readString(state.copy.address, 15);
    if (magic !== 'SQLite format 3') throw new SqliteError('the copy is no database');
  },

  shrink(state) {
    state.guest.heap.free(state.copy.address);
    state.database.execute(readSql('shrink'));
  },

  close({ database, guest: { exports, heap }, forget }) {
    database.close();
    database.check(exports.sqlite3_shutdown(), 'shutdown');
    // On request the demo behaves badly, to show what a leak looks like.
    for (let i = 0; i < forget; i++) heap.allocString(`forgotten ${i + 1}`.repeat(4 ** (i + 1)));
  },
};

// Three ways for JavaScript to hand a value over: texts that differ are given away (SQLite frees them), texts
// that repeat and the buffer for the place are lent and stay ours.
function insertCities({ database, dataset, guest: { heap }, progress }) {
  const insert = database.prepare('INSERT INTO city VALUES (?, ?, ?, ?, ?, ?)');
  const place = heap.malloc(16);
  const lent = new Map();
  const repeated = (text) => {
    let string = lent.get(text);
    if (string === undefined) lent.set(text, (string = heap.allocString(text)));
    return string;
  };
  insert.lendBlob(6, place, 16);
  dataset.cities.forEach((city, index) => {
    insert.bindInteger(1, city.id);
    insert.giveText(2, city.name);
    insert.lendText(3, repeated(city.country));
    insert.lendText(4, repeated(city.kind));
    insert.bindInteger(5, city.population);
    heap.writeFloat64(place, city.latitude);
    heap.writeFloat64(place + 8, city.longitude);
    insert.run();
    if (index % 4096 === 0) progress?.(index, dataset.cities.length);
  });
  insert.finalize();
  heap.free(place);
  for (const { byteOffset } of lent.values()) heap.free(byteOffset);
}

function insertCountries({ database, dataset }) {
  const insert = database.prepare('INSERT INTO country VALUES (?, ?, ?, ?)');
  for (const { code, name, continent, capital } of dataset.countries) {
    [code, name, continent, capital].forEach((text, index) => insert.giveText(index + 1, text));
    insert.run();
  }
  insert.finalize();
}
