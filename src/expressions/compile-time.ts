/** Milliseconds that this thread has spent on making and compiling kernels. */
let spentMillis = 0

export const compiledMillis = (): number => spentMillis

/** Makes a kernel, and notes how long that takes. */
export function timedCompile<T>(make: () => T): T {
  const startedAt = performance.now()
  const made = make()
  spentMillis += performance.now() - startedAt
  return made
}
