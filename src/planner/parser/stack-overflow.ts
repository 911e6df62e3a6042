/** Tells whether an error says that the call stack ran out: what recurses over a statement ends so where it is too deep. */
export const isStackOverflow = (error: unknown): error is RangeError =>
  error instanceof RangeError && error.message.includes('call stack')
