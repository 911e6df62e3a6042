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

const CENTRAL = [
  -3.64441206401782e-21, -1.6850591381820166e-19, 1.28584807152564e-18, 1.1157877678025181e-17,
  -1.333171662854621e-16, 2.0972767875968562e-17, 6.637638134358324e-15, -4.054566272975207e-14,
  -8.151934197605472e-14, 2.6335093153082323e-12, -1.2975133253453532e-11, -5.415412054294628e-11,
  1.0512122733215323e-9, -4.112633980346984e-9, -2.9070369957882005e-8, 4.2347877827932404e-7,
  -0.0000013654692000834679, -0.000013882523362786469, 0.00018673420803405714,
  -0.000740702534166267, -0.006033670871430149, 0.24015818242558962, 1.6536545626831027,
]
const MIDDLE = [
  2.2137376921775787e-9, 9.075656193888539e-8, -2.7517406297064545e-7, 1.8239629214389228e-8,
  0.0000015027403968909828, -0.000004013867526981546, 0.0000029234449089955446,
  0.000012475304481671779, -0.000047318229009055734, 0.00006828485145957318,
  0.000024031110387097894, -0.0003550375203628475, 0.0009532893797373805, -0.0016882755560235047,
  0.002491442096107851, -0.003751208507569241, 0.005370914553590064, 1.0052589676941592,
  3.0838856104922208,
]
const TAIL = [
  -2.7109920616438573e-11, -2.555641816996525e-10, 1.5076572693500548e-9, -3.789465440126737e-9,
  7.61570120807834e-9, -1.496002662714924e-8, 2.914795345090108e-8, -6.771199775845234e-8,
  2.2900482228026655e-7, -9.9298272942317e-7, 0.000004526062597223154, -0.00001968177810553167,
  0.00007599527703001776, -0.00021503011930044477, -0.00013871931833623122, 1.0103004648645344,
  4.849906401408584,
]

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0)

/** The inverse of the error function. @source M. Giles, Approximating the erfinv function (2010), in double precision */
function inverseError(x: number): number {
  const w = -Math.log((1 - x) * (1 + x))
  if (w === Number.POSITIVE_INFINITY) return x * w
  if (w < 6.25) return polynomial(CENTRAL, w - 3.125) * x
  const root = Math.sqrt(w)
  return (w < 16 ? polynomial(MIDDLE, root - 3.25) : polynomial(TAIL, root - 5)) * x
}

/** As exact as `2p - 1` is: probabilities below 1e-16 give minus infinity, in Trino too. */
export const inverseNormalCdf = (mean: number, deviation: number, p: number): number =>
  mean + deviation * Math.SQRT2 * inverseError(2 * p - 1)

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
