import type { Sample } from './exposition.js'

/** Upper bounds of the buckets in seconds. */
const BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300] as const

/** Counts durations by buckets. */
export class DurationHistogram {
  readonly #counts = new Float64Array(BOUNDS.length + 1)
  #sumSeconds = 0

  add(seconds: number): void {
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound)
    this.#counts[bucket < 0 ? BOUNDS.length : bucket]!++
    this.#sumSeconds += seconds
  }

  /** Samples of the histogram, its buckets cumulative. */
  samples(labels: Readonly<Record<string, string | number>>): Sample[] {
    let count = 0
    const buckets = Array.from(this.#counts, (inBucket, i): Sample => {
      count += inBucket
      return { suffix: '_bucket', labels: { ...labels, le: BOUNDS[i] ?? '+Inf' }, value: count }
    })
    return [
      ...buckets,
      { suffix: '_sum', labels, value: this.#sumSeconds },
      { suffix: '_count', labels, value: count },
    ]
  }
}
