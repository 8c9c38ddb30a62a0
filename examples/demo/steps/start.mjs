// A memory, a guest, and JavaScript joins the guest's heap.

import { bytes } from '../lib/format.mjs';
import { figuresOf, startGuest } from '../lib/guest.mjs';
import { showPicture } from '../lib/picture.mjs';

export async function start(context) {
  const { terminal } = context;
  const guest = await startGuest('allot');
  context.guest = guest;
  context.before = figuresOf(guest);
  const version = new Uint8Array(guest.memory.buffer, guest.exports.sqlite3_libversion(), 16);
  const name = `SQLite ${Buffer.from(version.slice(0, version.indexOf(0))).toString()}`;

  terminal.heading('1. Start');
  terminal.say(
    `JavaScript makes a WebAssembly memory of ${guest.pages()} pages (${bytes(context.before.linear)}) and ` +
      `starts ${name} in it, compiled to wasm32 with liballot as its malloc. The memory is the module's ` +
      'only import. ' +
      'Then JavaScript joins the heap that the guest keeps there: Heap.attach(memory).',
  );
  showPicture(terminal, guest, 'Before:');
}
