// Purpose: the constant expressions that say where a segment goes and what a global begins with.
// Floor:   door js.
// Source:  WebAssembly Core Specification 3.0, section 5.4.9; extended constant expressions.

import type { Reader } from './reader.js';

/** One instruction: a constant, a global to read, or arithmetic; what is no i32 is NaN. */
type Step =
  | { readonly constant: number; readonly function?: number }
  | { readonly global: number }
  | { readonly operator: (a: number, b: number) => number };

/** A constant expression, to be evaluated once the imported globals are known. */
export type Expression = readonly Step[];

/** Thrown inside for an instruction of a later WebAssembly, whose length is not known either. */
export class UnknownInstruction extends Error {}

const operators = /* @__PURE__ */ new Map<number, (a: number, b: number) => number>([
  [0x6a, (a, b) => (a + b) | 0],
  [0x6b, (a, b) => (a - b) | 0],
  [0x6c, (a, b) => Math.imul(a, b)],
]);

/** Reads an expression and the `end` behind it. */
export function readExpression(reader: Reader): Expression {
  const steps: Step[] = [];
  for (;;) {
    const instruction = reader.byte();
    switch (instruction) {
      case 0x0b: // end
        return steps;
      case 0x41: // i32.const
        steps.push({ constant: reader.i32() });
        break;
      case 0x42: // i64.const
        reader.skipNumber();
        steps.push({ constant: NaN });
        break;
      case 0x43: // f32.const
        reader.take(4);
        steps.push({ constant: NaN });
        break;
      case 0x44: // f64.const
        reader.take(8);
        steps.push({ constant: NaN });
        break;
      case 0x23: // global.get
        steps.push({ global: reader.u32() });
        break;
      case 0xd0: // ref.null
        reader.skipNumber();
        steps.push({ constant: NaN });
        break;
      case 0xd2: // ref.func
        steps.push({ constant: NaN, function: reader.u32() });
        break;
      case 0xfd: // v128.const
        if (reader.u32() !== 12) throw new UnknownInstruction();
        reader.take(16);
        steps.push({ constant: NaN });
        break;
      case 0x7c: // i64.add, sub, mul
      case 0x7d:
      case 0x7e:
        steps.push({ operator: () => NaN });
        break;
      default: {
        const operator = operators.get(instruction);
        if (operator === undefined) throw new UnknownInstruction(`0x${instruction.toString(16)}`);
        steps.push({ operator });
      }
    }
  }
}

/** The number of the function that an expression gives, if it gives one. */
export function functionIn([step]: Expression): number | undefined {
  return step !== undefined && 'constant' in step ? step.function : undefined;
}

/**
 * The 32-bit number, as an unsigned one, that an expression gives; `undefined` for one of another type,
 * or that reads a global of which nothing is known.
 */
export function evaluate(steps: Expression, globalAt: (index: number) => number | undefined): number | undefined {
  const stack: number[] = [];
  for (const step of steps) {
    if ('constant' in step) stack.push(step.constant);
    else if ('global' in step) stack.push(globalAt(step.global) ?? NaN);
    else {
      const right = stack.pop() ?? NaN;
      const left = stack.pop() ?? NaN;
      stack.push(Number.isNaN(left + right) ? NaN : step.operator(left, right));
    }
  }
  const [value = NaN] = stack;
  return stack.length !== 1 || Number.isNaN(value) ? undefined : value >>> 0;
}
