// Purpose: what of this folder is public.
// Floor:   door js.

export type { ArrayRefTo, FieldsOf, RefTo, StructRefTo } from './ref-to.js';
export { struct, StructType, union, type StructOptions } from './struct-type.js';
export type {
  ArrayDescriptor,
  ArrayOptions,
  Descriptor,
  Field,
  FieldDescriptors,
  FieldValues,
  InputOf,
  Settled,
  StringDescriptor,
  StructInput,
  StructKind,
  ValueOf,
} from './types.js';
