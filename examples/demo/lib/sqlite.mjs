// SQLite's C functions, as few as the demo needs, called from JavaScript. All that C wants an address for
// (SQL text, out-parameters, values to bind) JavaScript allocates in the guest's own heap.

const OK = 0;
const ROW = 100;
const DONE = 101;

// The types of a column, and the special destructor that says "these bytes stay where they are while bound".
const INTEGER = 1;
const FLOAT = 2;
const TEXT = 3;
const BLOB = 4;
const STATIC = 0;

export class SqliteError extends Error {}

export class Database {
  #db = 0;
  #out; // a block of 16 bytes for what C gives back through a pointer
  #giveToSqlite;
  #statements = new Set();

  constructor({ exports, heap, memory }) {
    this.c = exports;
    this.heap = heap;
    this.memory = memory;
    this.#out = heap.malloc(16);
    this.#giveToSqlite = exports.demo_free();
    const code = exports.demo_open(this.#out);
    this.#db = heap.readUint32(this.#out);
    this.check(code, 'open');
  }

  /** Throws unless SQLite's `code` is one of success. */
  check(code, doing) {
    if (code !== OK && code !== ROW && code !== DONE) {
      throw new SqliteError(`${doing}: ${this.textAt(this.c.sqlite3_errmsg(this.#db))}`);
    }
    return code;
  }

  /** The text up to the zero byte at `address`. */
  textAt(address) {
    const end = new Uint8Array(this.memory.buffer).indexOf(0, address >>> 0);
    return this.heap.readString(address >>> 0, end - (address >>> 0));
  }

  /** Runs statements that give no rows. */
  execute(sql) {
    const text = this.heap.allocString(sql);
    try {
      this.check(this.c.sqlite3_exec(this.#db, text.byteOffset, 0, 0, 0), sql);
    } finally {
      this.heap.free(text.byteOffset);
    }
  }

  prepare(sql) {
    const text = this.heap.allocString(sql);
    try {
      this.check(this.c.sqlite3_prepare_v2(this.#db, text.byteOffset, -1, this.#out, 0), sql);
    } finally {
      this.heap.free(text.byteOffset);
    }
    const statement = new Statement(this, this.heap.readUint32(this.#out), this.#giveToSqlite, () =>
      this.#statements.delete(statement),
    );
    this.#statements.add(statement);
    return statement;
  }

  /** The whole database in SQLite's file format. SQLite allocates it; the caller frees it with heap.free. */
  serialize() {
    const address = this.c.sqlite3_serialize(this.#db, 0, this.#out, 0) >>> 0;
    if (address === 0) throw new SqliteError('serialize: out of memory');
    return { address, byteLength: Number(this.heap.readBigInt64(this.#out)) };
  }

  close() {
    for (const statement of this.#statements) statement.finalize();
    this.check(this.c.sqlite3_close(this.#db), 'close');
    this.heap.free(this.#out);
  }
}

export class Statement {
  constructor(database, address, giveToSqlite, forget) {
    this.database = database;
    this.address = address;
    this.giveToSqlite = giveToSqlite;
    this.forget = forget;
    this.c = database.c;
    this.heap = database.heap;
  }

  #check(code) {
    return this.database.check(code, 'statement');
  }

  bindInteger(index, value) {
    this.#check(this.c.sqlite3_bind_int64(this.address, index, BigInt(value)));
  }

  /** Binds text that JavaScript allocates and SQLite frees: one side's block is the other's. */
  giveText(index, text) {
    const { byteOffset, byteLength } = this.heap.allocString(text);
    this.#check(this.c.sqlite3_bind_text(this.address, index, byteOffset, byteLength, this.giveToSqlite));
  }

  /** Binds text or a blob that stays the caller's, and in place while the statement may use it. */
  lendText(index, { byteOffset, byteLength }) {
    this.#check(this.c.sqlite3_bind_text(this.address, index, byteOffset, byteLength, STATIC));
  }

  lendBlob(index, address, byteLength) {
    this.#check(this.c.sqlite3_bind_blob(this.address, index, address, byteLength, STATIC));
  }

  /** Goes to the next row; false when there is none. */
  step() {
    return this.#check(this.c.sqlite3_step(this.address)) === ROW;
  }

  /** Runs a statement that gives no rows, ready to be run again. */
  run() {
    this.step();
    this.#check(this.c.sqlite3_reset(this.address));
  }

  columns() {
    return Array.from({ length: this.c.sqlite3_column_count(this.address) }, (_, index) =>
      this.database.textAt(this.c.sqlite3_column_name(this.address, index)),
    );
  }

  /** The value in a column of this row: null, bigint, number (a float), string, or a copy of the bytes. */
  value(index) {
    const { c, address } = this;
    switch (c.sqlite3_column_type(address, index)) {
      case INTEGER:
        return c.sqlite3_column_int64(address, index);
      case FLOAT:
        return c.sqlite3_column_double(address, index);
      case TEXT: {
        const text = c.sqlite3_column_text(address, index) >>> 0;
        return this.heap.readString(text, c.sqlite3_column_bytes(address, index));
      }
      case BLOB:
        return this.blob(index).slice();
      default:
        return null;
    }
  }

  /** A blob where SQLite has it: valid until the next step, and until the memory grows. */
  blob(index) {
    const begin = this.c.sqlite3_column_blob(this.address, index) >>> 0;
    return new Uint8Array(
      this.database.memory.buffer,
      begin,
      this.c.sqlite3_column_bytes(this.address, index),
    );
  }

  all() {
    const columns = this.columns();
    const rows = [];
    while (this.step()) rows.push(columns.map((_, index) => this.value(index)));
    return { columns, rows };
  }

  finalize() {
    this.c.sqlite3_finalize(this.address);
    this.forget();
  }
}
