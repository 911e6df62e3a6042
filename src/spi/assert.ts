/** Checks what only a programming error can break; a user's mistake is a MillraceError instead. */
export function assert(condition: unknown, message = 'assertion failed'): asserts condition {
  if (!condition) throw new Error(`internal error: ${message}`)
}

/** Marks code that the type system proves unreachable. */
export function unreachable(value: never): never {
  throw new Error(`internal error: unexpected ${JSON.stringify(value)}`)
}
