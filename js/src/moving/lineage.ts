// Purpose: what takes the place of what, when an instance is put over another memory: its functions, tables,
//          globals, and the heap's own memory and functions.
// Floor:   door js.

/** The line that something belongs to: all of it have the same, which knows the last. */
export interface Line {
  current: unknown;
}

/**
 * The successors of things. Nothing is held alive by its successor, and of a line only the last by all: an
 * instance of long ago would hold its whole memory.
 */
export class Lineage {
  readonly #lines = new WeakMap<WeakKey, Line>();

  /** Something that may have a successor one day. Gives what is always the last of its line. */
  line(thing: unknown): Line {
    if (!isObject(thing)) return { current: thing };
    let line = this.#lines.get(thing);
    if (line === undefined) this.#lines.set(thing, (line = { current: thing }));
    return line;
  }

  /** The line of something that is known; what nobody has told of has none. */
  lineIfKnown(thing: unknown): Line | undefined {
    return isObject(thing) ? this.#lines.get(thing) : undefined;
  }

  /** Something takes the place of another. */
  succeed(old: unknown, next: unknown): void {
    if (old === next || !isObject(old) || !isObject(next)) return;
    const line = this.line(old);
    line.current = next;
    this.#lines.set(next, line);
  }

  /** What has taken the place of something; itself if nothing has. */
  current(thing: unknown): unknown {
    return this.lineIfKnown(thing)?.current ?? thing;
  }
}

function isObject(thing: unknown): thing is WeakKey {
  return (typeof thing === 'object' && thing !== null) || typeof thing === 'function';
}
