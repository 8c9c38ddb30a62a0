// Purpose: what only a heap needs that agents can share: tickets, and learning of an agent's end. Apart from class
//          HeapBase, so that a program which only adopts need not carry it.
// Floor:   door js.

import { identityOf } from './agents.js';
import { makeTicket, openTicket } from './refs/ticket.js';
import { ended, holdForLife } from './watch.js';

export interface SharingTools {
  readonly identityOf: typeof identityOf;
  readonly makeTicket: typeof makeTicket;
  readonly openTicket: typeof openTicket;
  readonly ended: typeof ended;
  readonly holdForLife: typeof holdForLife;
}

export const sharingTools: SharingTools = { identityOf, makeTicket, openTicket, ended, holdForLife };
