// Purpose: plain objects, and their names in messages.
// Floor:   door js.

/** Whether it is an object as `{}` makes one, in whatever realm. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null);
}

/** A name as a message shows it: short, whatever it is. */
export function quote(name: string | symbol): string {
  if (typeof name === 'symbol') return String(name);
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
}
