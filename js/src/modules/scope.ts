// Purpose: all that the modules of one heap share: its table of functions, its reserved spans, its
//          allocator as C wants it, and what each module offers to the next.
// Floor:   door js.

import type { Supplied } from '../allocator.js';
import { wrongType } from '../arguments.js';
import { makeError } from '../errors.js';
import type { HeapBase } from '../heap-base.js';
import type { OpenHeap } from '../open.js';
import { adapt, type CAllocator } from './adapter.js';
import type { Offer } from './exports.js';
import type { LoadedModule } from './loaded-module.js';
import { SpanBook } from './spans.js';
import { SharedTable } from './table.js';

/** Something offered, and who offers it: a module, or `undefined` for the heap or the caller. */
export interface Found {
  readonly value: WebAssembly.ImportValue;
  readonly provider: LoadedModule | undefined;
}

export class Scope {
  readonly heap: HeapBase;
  readonly allocator: Supplied;
  /** In the order in which they were loaded. */
  readonly modules: LoadedModule[] = [];
  /** `undefined` for an adopted heap. */
  readonly spans: SpanBook | undefined;
  /** The heap as the core has it; `undefined` for an adopted one. */
  readonly open: OpenHeap | undefined;
  #table: SharedTable | undefined;
  #family: CAllocator | undefined;

  constructor(heap: HeapBase, allocator: Supplied, open: OpenHeap | undefined, table?: SharedTable) {
    this.heap = heap;
    this.allocator = allocator;
    this.open = open;
    this.spans = open === undefined ? undefined : new SpanBook(open);
    this.#table = table;
  }

  /** `malloc` and its family; none for an adopted heap. */
  get family(): CAllocator | undefined {
    if (this.open !== undefined) this.#family ??= adapt(this.open, (shortage) => this.allocator.onShortage(shortage));
    return this.#family;
  }

  /** The table that all modules share. */
  get table(): SharedTable {
    this.#table ??= new SharedTable();
    return this.#table;
  }

  get tableIfMade(): SharedTable | undefined {
    return this.#table;
  }

  /** Makes a given table the one that all modules share, unless there is another one. */
  useTable(operation: string, table: unknown): void {
    if (Object.prototype.toString.call(table) !== '[object WebAssembly.Table]') {
      throw wrongType(operation, 'the table', table, 'a WebAssembly.Table');
    }
    this.#table ??= new SharedTable(table as WebAssembly.Table);
    if (this.#table.table === table) return;
    throw makeError('invalid_option', operation, 'the modules of this heap have another table already');
  }

  /**
   * What modules offer by a name: the first loaded comes first.
   *
   * @param from only modules of this name
   */
  offered(name: string, kind: Offer['kind'], from?: string): Found | undefined {
    for (const provider of this.modules) {
      if (from !== undefined && provider.name !== from) continue;
      const offer = provider.parts.offers.get(name);
      // What C knows as an address is a global to whoever imports it as one.
      const fits = offer?.kind === kind || (kind === 'global' && offer?.kind === 'data');
      if (offer !== undefined && fits) return { value: offer.value, provider };
    }
    return undefined;
  }

  /** A function of the heap's own. */
  own(name: string): WebAssembly.ImportValue | undefined {
    const { family } = this;
    return family !== undefined && Object.hasOwn(family, name) ? family[name] : undefined;
  }
}
