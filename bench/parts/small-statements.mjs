/** Times a small statement many times over and sends the second half: by then all is compiled and cached. */
export async function eachTimed(emit, { name, subject }, count, run) {
  const samples = []
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now()
    await run(i)
    samples.push(performance.now() - startedAt)
  }
  emit({ group: 'small statements', name, subject, samples: samples.slice(count >> 1), unit: 'ms' })
}

/** Of the keys that orders have, one far from the last: the first 8 of every 32 are taken. */
export const orderKey = (i, scaleFactor) =>
  ((i * 7919) % Math.floor(187_500 * Number(scaleFactor))) * 32 + 1
