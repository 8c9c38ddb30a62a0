// How a file's tests tell the runner what happens, wherever they run: events, as lines of a process's output
// or as posts of a page.
//
//   hello    where: what the runtime says of itself          (browsers)
//   planned  names: of all the tests of the file, in order    (not Node, which does not know)
//   pass     name
//   fail     name, error
//   broken   error: the file could not be loaded
//   done     every test was run

const mark = 'allot-test: ';

export const toLine = (event) => mark + JSON.stringify(event);

/** The event in a line of output, or undefined where the line is something else. */
export function fromLine(line) {
  const at = line.indexOf(mark);
  return at < 0 ? undefined : JSON.parse(line.slice(at + mark.length));
}

/** What became of one file in one runtime. Whatever did not run has failed. */
export class FileRun {
  #planned;
  #seen = new Map();
  #done = false;
  #begin = performance.now();
  #mayBeEmpty;
  /** Names, no two alike, so that runtimes can be compared. */
  passed = [];
  failed = [];
  where;
  milliseconds = 0;

  /** @param {boolean} mayBeEmpty whether a runtime may find nothing in the file that applies to it */
  constructor(mayBeEmpty = false) {
    this.#mayBeEmpty = mayBeEmpty;
  }

  hear({ event, ...told }) {
    if (event === 'hello') this.where = told.where;
    else if (event === 'planned') this.#planned = told.names;
    else if (event === 'pass') this.passed.push(this.#distinct(told.name));
    else if (event === 'fail') this.failed.push({ name: this.#distinct(told.name), error: told.error });
    else if (event === 'broken') this.failed.push({ name: '(loading the file)', error: told.error });
    else if (event === 'done') this.#done = true;
    else throw new Error(`unknown event ${event}`);
    if (event === 'broken') this.#done = true;
    return this.#done;
  }

  /** Called when nothing more can come. `problem` says what went wrong with the runtime itself, if anything. */
  end(problem) {
    this.milliseconds = performance.now() - this.#begin;
    const ran = this.passed.length + this.failed.length;
    const missing = this.#planned?.slice(ran) ?? [];
    if (this.#mayBeEmpty && ran + missing.length === 0 && problem === undefined) return this;
    if (!this.#done || missing.length > 0) {
      const why = problem ?? 'it ended before its tests did';
      if (missing.length === 0) this.failed.push({ name: '(the file)', error: why });
      for (const [i, name] of missing.entries()) {
        this.failed.push({ name: this.#distinct(name), error: i === 0 ? why : 'did not run' });
      }
    } else if (problem !== undefined && this.failed.length === 0) {
      this.failed.push({ name: '(the file)', error: problem });
    } else if (ran === 0) {
      this.failed.push({ name: '(the file)', error: 'no test was run' });
    }
    return this;
  }

  #distinct(name) {
    const count = (this.#seen.get(name) ?? 0) + 1;
    this.#seen.set(name, count);
    return count === 1 ? name : `${name} #${count}`;
  }
}
