// Purpose: classes that users see and only the package makes: `new` refused, in the declarations and in words.
// Floor:   door js.
//
// Such a constructor is private, or protected where there are subclasses: declarations keep that, while of one that is only
// internal they would say nothing, and `new` would pass the compiler. It takes `maker` first, which nobody outside has, and
// throws when it was given anything else. Those inside who make one call it by another type, the `New…` beside the class.

import { makeError } from './errors.js';

/** What a constructor is given by those who may call it. */
export const maker: unique symbol = Symbol('maker');

export type Maker = typeof maker;

/** A class, as those see it who may make one. */
export type New<Args extends unknown[], Made> = new (by: Maker, ...args: Args) => Made;

/**
 * The error for all others.
 *
 * @param ways how one is had
 */
export function notByHand(name: string, ways: string): Error {
  return makeError('wrong_type', `new ${name}`, ways);
}
