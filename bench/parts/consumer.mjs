/** What takes longer is read once: warming up makes no difference to it. */
const SLOW_SECONDS = 8

/** Reads a result several times. @param consume resolves to `{ rows, bytes? }` @returns `{ rates, megabytes }`, one a run */
export async function consumed(consume, runs) {
  const rates = []
  const megabytes = []
  for (let run = 0; run <= runs; run++) {
    const startedAt = performance.now()
    const { rows, bytes } = await consume()
    const seconds = (performance.now() - startedAt) / 1000
    const isSlow = seconds > SLOW_SECONDS
    // The first run warms up.
    if (run === 0 && !isSlow) continue
    rates.push(rows / seconds / 1e6)
    if (bytes !== undefined) megabytes.push(bytes / seconds / 1e6)
    if (isSlow) break
  }
  return { rates, megabytes }
}

/** Sends what {@link consumed} measured. */
export async function emitConsumed(emit, group, name, subject, consume, runs) {
  const { rates, megabytes } = await consumed(consume, runs)
  emit({ group, name, subject, samples: rates, unit: 'M rows/s', better: 'higher' })
  if (megabytes.length === 0) return
  emit({
    group,
    name: `${name}, bytes`,
    subject,
    samples: megabytes,
    unit: 'MB/s',
    better: 'higher',
  })
}
