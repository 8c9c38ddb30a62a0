// Checked by the compiler only: what can be written with the declarations of wasm-heap-manager can be written
// with those of the drop-in.

import type * as original from 'wasm-heap-manager';
import type * as dropIn from '../../js/dist/compat/wasm-heap-manager.js';

const check = <T extends true>(): T | undefined => undefined;

/** Names of the first that the second lacks. */
type Missing<A, B> = Exclude<keyof A, keyof B>;
type None<T> = [T] extends [never] ? true : T;

type Original = typeof original;
type DropIn = typeof dropIn;

/** The classes by name, abstract ones too. */
type Instances<Module> = {
  [
    Name in keyof Module as Module[Name] extends abstract new (...parameters: never) => object ? Name : never
  ]: Module[Name] extends abstract new (...parameters: never) => infer Instance ? Instance : never;
};
type Constructors<Module> = {
  [
    Name in keyof Module as Module[Name] extends abstract new (...parameters: never) => object ? Name : never
  ]: Module[Name] extends abstract new (...parameters: infer Parameters) => object ? Parameters['length'] : never;
};

/** What a type is without the classes in it, which are different classes by intention. */
type Plain<T> = T extends number | bigint | string | boolean | void | ArrayBufferView | undefined ? T : 'a class';
type Shape<Member> = Member extends (...parameters: infer Parameters) => infer Result
  ? { parameters: { [Index in keyof Parameters]: Plain<Parameters[Index]> }; result: Plain<Result> }
  : Plain<Member>;

/** Members of the classes of the package whose type differs here. */
type Different<Name extends keyof Instances<Original>> = {
  [Member in keyof Instances<Original>[Name]]: Name extends keyof Instances<DropIn>
    ? Member extends keyof Instances<DropIn>[Name]
      ? Shape<Instances<Original>[Name][Member]> extends Shape<Instances<DropIn>[Name][Member]>
        ? never
        : Shape<Instances<DropIn>[Name][Member]> extends Shape<Instances<Original>[Name][Member]>
          ? never
          : `${Name}.${Member & string}`
      : `${Name}.${Member & string}`
    : never;
}[keyof Instances<Original>[Name]];

check<None<Missing<Original, DropIn>>>();
check<None<Missing<Instances<Original>, Instances<DropIn>>>>();
check<None<{ [Name in keyof Instances<Original>]: Different<Name> }[keyof Instances<Original>]>>();
check<Constructors<Original> extends Pick<Constructors<DropIn>, keyof Constructors<Original>> ? true : false>();

// The types that are no values.
check<original.AllocatorMethod extends dropIn.AllocatorMethod ? true : false>();
check<original.DeallocatorMethod extends dropIn.DeallocatorMethod ? true : false>();
check<original.HeapGetterCallback extends dropIn.HeapGetterCallback ? true : false>();
check<dropIn.BaseAllocationSize extends original.BaseAllocationSize ? true : false>();
check<original.BaseAllocationSize extends dropIn.BaseAllocationSize ? true : false>();
check<original.WasmHeapManagerOptions extends dropIn.WasmHeapManagerOptions ? true : false>();
check<dropIn.WasmHeapManagerOptions extends original.WasmHeapManagerOptions ? true : false>();
export const numbers: readonly dropIn.DataType[] = [0, 27];
