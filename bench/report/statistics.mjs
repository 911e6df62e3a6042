export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The value that a part of the values (0 to 1) does not exceed, by nearest rank. */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.round((sorted.length - 1) * part)]
}

export const geometricMean = (values) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)

/** Half the distance between the quartiles, in percent of the median: the noise band. */
export const spread = (values) =>
  Math.round(((quantile(values, 0.75) - quantile(values, 0.25)) / 2 / median(values)) * 100)

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
export function seededRandom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const RESAMPLES = 2000

/**
 * Between which ratios of medians `head / base` lies, by bootstrap.
 * @param confidence for example 0.99
 * @source Efron, Bootstrap Methods: Another Look at the Jackknife, 1979 (percentile interval)
 */
export function ratioInterval(base, head, confidence) {
  const random = seededRandom(base.length * 7919 + head.length)
  const resample = (values) =>
    median(values.map(() => values[Math.floor(random() * values.length)]))
  const ratios = Array.from({ length: RESAMPLES }, () => resample(head) / resample(base))
  const tail = (1 - confidence) / 2
  return { low: quantile(ratios, tail), high: quantile(ratios, 1 - tail) }
}
