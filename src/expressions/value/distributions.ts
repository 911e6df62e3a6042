/** Distribution functions to about the precision of a double. @source W. Press et al., Numerical Recipes, ch. 6 */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
  -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
  1.5056327351493116e-7,
]

function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const z = x - 1
  const t = z + 7.5
  const sum = LANCZOS.slice(1).reduce((s, c, i) => s + c / (z + i + 1), LANCZOS[0]!)
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

const TINY = 1e-300

/** Evaluates a continued fraction b0 + a1/(b1 + a2/(b2 + …)). @source modified Lentz method */
function continuedFraction(
  first: number,
  term: (i: number) => readonly [numerator: number, denominator: number],
): number {
  let f = first || TINY
  let c = f
  let d = 0
  for (let i = 1; i < 10_000; i++) {
    const [a, b] = term(i)
    d = b + a * d || TINY
    c = b + a / c || TINY
    d = 1 / d
    const delta = c * d
    f *= delta
    if (Math.abs(delta - 1) < 1e-16) break
  }
  return f
}

/** erfc of a number that is not negative. */
function complementaryError(x: number): number {
  if (x > 40) return 0
  if (x < 2.5) {
    let term = x
    let sum = x
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum) && n < 500; n++) {
      term *= (-x * x) / n
      sum += term / (2 * n + 1)
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum
  }
  const fraction = continuedFraction(x, (i) => [i / 2, x])
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction
}

export function normalCdf(mean: number, deviation: number, value: number): number {
  const z = (value - mean) / (deviation * Math.SQRT2)
  return z >= 0 ? 1 - complementaryError(z) / 2 : complementaryError(-z) / 2
}

/** Finds where an increasing function has a value, between bounds, by bisection to the last bit. */
function invert(cdf: (x: number) => number, p: number, low: number, high: number): number {
  for (let i = 0; i < 2000; i++) {
    const middle = (low + high) / 2
    if (middle === low || middle === high) break
    if (cdf(middle) < p) low = middle
    else high = middle
  }
  return Math.abs(cdf(low) - p) < Math.abs(cdf(high) - p) ? low : high
}

export function inverseNormalCdf(mean: number, deviation: number, p: number): number {
  if (p === 0.5) return mean
  return mean + deviation * invert((z) => normalCdf(0, 1, z), p, -40, 40)
}

/** The regularized incomplete beta function. */
export function betaCdf(a: number, b: number, x: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(b, a, 1 - x)
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  )
  const fraction = continuedFraction(1, (i) => {
    const m = Math.floor(i / 2)
    const numerator =
      i % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    return [numerator, 1]
  })
  return front / (a * fraction)
}

/** As near as Trino comes, which solves it by Brent's method up to 1e-9 and shows the digits that gives. */
export function inverseBetaCdf(a: number, b: number, p: number): number {
  if (p === 0 || p === 1) return p
  const f = (x: number) => betaCdf(a, b, x) - p
  const middle = f(0.5)
  if (Math.abs(middle) <= ZERO_ACCURACY) return 0.5
  return middle > 0 ? brent(f, [0, -p], [0.5, middle]) : brent(f, [0.5, middle], [1, 1 - p])
}

const ZERO_ACCURACY = 1e-15
const ABSOLUTE_ACCURACY = 1e-9
const RELATIVE_ACCURACY = 1e-14

type Point = readonly [x: number, y: number]

/**
 * A zero of a function between two points on either side of 0: by interpolation through the last two or three points where
 * that is quick, else by halves.
 * @source R. Brent, Algorithms for Minimization without Derivatives, chapter 4; Commons Math BrentSolver
 */
function brent(f: (x: number) => number, low: Point, high: Point): number {
  if (Math.abs(low[1]) <= ZERO_ACCURACY) return low[0]
  if (Math.abs(high[1]) <= ZERO_ACCURACY) return high[0]
  let [before, best, other] = [low, high, low]
  let step = high[0] - low[0]
  let stepBefore = step
  for (;;) {
    if (Math.abs(other[1]) < Math.abs(best[1])) [before, best, other] = [best, other, best]
    const tolerance = 2 * RELATIVE_ACCURACY * Math.abs(best[0]) + ABSOLUTE_ACCURACY
    const half = (other[0] - best[0]) / 2
    if (Math.abs(half) <= tolerance || best[1] === 0) return best[0]
    const interpolated =
      Math.abs(stepBefore) < tolerance || Math.abs(before[1]) <= Math.abs(best[1])
        ? undefined
        : interpolatedStep(before, best, other, stepBefore, tolerance)
    stepBefore = interpolated === undefined ? half : step
    step = interpolated ?? half
    before = best
    const least = half > 0 ? tolerance : -tolerance
    const x = best[0] + (Math.abs(step) > tolerance ? step : least)
    best = [x, f(x)]
    if (best[1] > 0 === other[1] > 0) {
      other = before
      step = best[0] - before[0]
      stepBefore = step
    }
  }
}

/** @returns undefined where the step would leave the interval or be no shorter than half of the one before the last */
function interpolatedStep(
  before: Point,
  best: Point,
  other: Point,
  stepBefore: number,
  tolerance: number,
): number | undefined {
  const half = (other[0] - best[0]) / 2
  const s = best[1] / before[1]
  let p: number
  let q: number
  if (before[0] === other[0]) {
    p = 2 * half * s
    q = 1 - s
  } else {
    const t = before[1] / other[1]
    const r = best[1] / other[1]
    p = s * (2 * half * t * (t - r) - (best[0] - before[0]) * (r - 1))
    q = (t - 1) * (r - 1) * (s - 1)
  }
  if (p > 0) q = -q
  else p = -p
  const isShort = p < 1.5 * half * q - Math.abs(tolerance * q) && p < Math.abs(0.5 * stepBefore * q)
  return isShort ? p / q : undefined
}

/** Student's t. */
export function tCdf(value: number, freedom: number): number {
  const tail = betaCdf(freedom / 2, 0.5, freedom / (freedom + value * value)) / 2
  return value > 0 ? 1 - tail : tail
}

/** The density of Student's t. */
export function tDensity(value: number, freedom: number): number {
  const half = (freedom + 1) / 2
  return Math.exp(
    logGamma(half) -
      0.5 * (Math.log(Math.PI) + Math.log(freedom)) -
      logGamma(freedom / 2) -
      half * Math.log1p((value * value) / freedom),
  )
}
