import type { Value } from '../../../spi/type/value.js'
import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
  type FunctionDefinition,
} from '../../function-definition.js'

/** Count, mean and sums of the second to fourth powers of the distances from the mean. */
interface Moments {
  count: number
  mean: number
  m2: number
  m3: number
  m4: number
}

/** @source P. Pébay, Formulas for Robust One-Pass Parallel Computation of Covariances and Arbitrary-Order Moments */
function addValue(state: Moments, value: number): Moments {
  const before = state.count
  const count = before + 1
  const delta = value - state.mean
  const deltaN = delta / count
  const dm2 = delta * deltaN * before
  state.count = count
  state.m4 +=
    dm2 * deltaN * deltaN * (count * count - 3 * count + 3) +
    6 * deltaN * deltaN * state.m2 -
    4 * deltaN * state.m3
  state.m3 += dm2 * deltaN * (count - 2) - 3 * deltaN * state.m2
  state.m2 += dm2
  state.mean += deltaN
  return state
}

function merge(a: Moments, b: Moments): Moments {
  if (b.count === 0) return a
  if (a.count === 0) return b
  const count = a.count + b.count
  const delta = b.mean - a.mean
  const mean = (a.count * a.mean + b.count * b.mean) / count
  const na = a.count
  const nb = b.count
  return {
    count,
    mean,
    m2: a.m2 + b.m2 + (delta * delta * na * nb) / count,
    m3:
      a.m3 +
      b.m3 +
      (delta ** 3 * na * nb * (na - nb)) / count ** 2 +
      (3 * delta * (na * b.m2 - nb * a.m2)) / count,
    m4:
      a.m4 +
      b.m4 +
      (delta ** 4 * na * nb * (na * na - na * nb + nb * nb)) / count ** 3 +
      (6 * delta * delta * (na * na * b.m2 + nb * nb * a.m2)) / count ** 2 +
      (4 * delta * (na * b.m3 - nb * a.m3)) / count,
  }
}

const accumulator = (finish: (state: Moments) => number | null): Accumulator<Moments> => ({
  create: () => ({ count: 0, mean: 0, m2: 0, m3: 0, m4: 0 }),
  add: (state, value) => addValue(state, Number(value)),
  combine: merge,
  serialize: ({ count, mean, m2, m3, m4 }) => [BigInt(count), mean, m2, m3, m4],
  deserialize: (value) => {
    const [count, mean, m2, m3, m4] = value as readonly [bigint, number, number, number, number]
    return { count: Number(count), mean, m2, m3, m4 }
  },
  finish,
})

const define = <State>(
  name: string,
  description: string,
  intermediate: string,
  bind: () => Accumulator<State>,
  aliases: readonly string[] = [],
): FunctionDefinition =>
  aggregateFunction({
    name,
    aliases,
    description,
    overloads: ['bigint', 'double'].map((type) =>
      aggregateOverload({ args: [type], returns: 'double', intermediate, bind }),
    ),
  })

const moment = (
  name: string,
  description: string,
  finish: (state: Moments) => number | null,
): FunctionDefinition =>
  define(name, description, 'row(bigint, double, double, double, double)', () =>
    accumulator(finish),
  )

const variance = (
  name: string,
  description: string,
  finish: (state: Variance) => number | null,
  aliases?: readonly string[],
): FunctionDefinition =>
  define(
    name,
    description,
    'row(bigint, double, double)',
    () => varianceAccumulator(finish),
    aliases,
  )

/** Trino's last step adds 0 times the square of the mean: NaN where that is too large. */
const distances = ({ mean, m2 }: Variance): number => m2 + mean * mean * 0
const sampleVariance = (state: Variance) =>
  state.count < 2 ? null : distances(state) / (state.count - 1)
const populationVariance = (state: Variance) =>
  state.count === 0 ? null : distances(state) / state.count
const root = (value: number | null): number | null => (value === null ? null : Math.sqrt(value))

export const moments: readonly FunctionDefinition[] = [
  variance('variance', 'The sample variance', sampleVariance, ['var_samp']),
  variance('var_pop', 'The population variance', populationVariance),
  variance('stddev', 'The sample standard deviation', (state) => root(sampleVariance(state)), [
    'stddev_samp',
  ]),
  variance('stddev_pop', 'The population standard deviation', (state) =>
    root(populationVariance(state)),
  ),
  moment('skewness', 'The skewness', ({ count, m2, m3 }) =>
    count < 3 ? null : (Math.sqrt(count) * m3) / m2 ** 1.5,
  ),
  moment('kurtosis', 'The excess kurtosis', ({ count: n, m2, m4 }) =>
    n < 4
      ? null
      : ((n - 1) * n * (n + 1) * m4) / ((n - 2) * (n - 3) * m2 * m2) -
        (3 * (n - 1) ** 2) / ((n - 2) * (n - 3)),
  ),
]

/** Count, mean and sum of squares of the distances from the mean. */
interface Variance {
  count: number
  mean: number
  m2: number
}

/** @source B. Welford, Note on a Method for Calculating Corrected Sums of Squares and Products */
const varianceAccumulator = (
  finish: (state: Variance) => number | null,
): Accumulator<Variance> => ({
  create: () => ({ count: 0, mean: 0, m2: 0 }),
  add: (state, argument) => {
    const value = Number(argument)
    const delta = value - state.mean
    state.count += 1
    state.mean += delta / state.count
    state.m2 += delta * (value - state.mean)
    return state
  },
  combine: (a, b) => {
    if (b.count === 0) return a
    if (a.count === 0) return b
    const count = a.count + b.count
    const delta = b.mean - a.mean
    return {
      count,
      mean: (a.count * a.mean + b.count * b.mean) / count,
      m2: a.m2 + b.m2 + (delta * delta * a.count * b.count) / count,
    }
  },
  serialize: ({ count, mean, m2 }) => [BigInt(count), mean, m2],
  deserialize: (value) => {
    const [count, mean, m2] = value as readonly [bigint, number, number]
    return { count: Number(count), mean, m2 }
  },
  finish,
})

/** Means of x and y, and sums of products of their distances from them. */
interface Covariance {
  count: number
  meanX: number
  meanY: number
  c2: number
  m2X: number
  m2Y: number
}

function addPair(state: Covariance, y: number, x: number): Covariance {
  const count = state.count + 1
  const deltaX = x - state.meanX
  const deltaY = y - state.meanY
  state.count = count
  state.meanX += deltaX / count
  state.meanY += deltaY / count
  state.c2 += deltaX * (y - state.meanY)
  state.m2X += deltaX * (x - state.meanX)
  state.m2Y += deltaY * (y - state.meanY)
  return state
}

function mergePairs(a: Covariance, b: Covariance): Covariance {
  if (b.count === 0) return a
  if (a.count === 0) return b
  const count = a.count + b.count
  const deltaX = b.meanX - a.meanX
  const deltaY = b.meanY - a.meanY
  const weight = (a.count * b.count) / count
  return {
    count,
    meanX: a.meanX + (deltaX * b.count) / count,
    meanY: a.meanY + (deltaY * b.count) / count,
    c2: a.c2 + b.c2 + deltaX * deltaY * weight,
    m2X: a.m2X + b.m2X + deltaX * deltaX * weight,
    m2Y: a.m2Y + b.m2Y + deltaY * deltaY * weight,
  }
}

const pairAccumulator = (
  finish: (state: Covariance) => number | bigint | null,
  round: (value: number) => number,
): Accumulator<Covariance> => ({
  create: () => ({ count: 0, meanX: 0, meanY: 0, c2: 0, m2X: 0, m2Y: 0 }),
  add: (state, y, x) => addPair(state, y as number, x as number),
  combine: mergePairs,
  serialize: ({ count, meanX, meanY, c2, m2X, m2Y }) => [BigInt(count), meanX, meanY, c2, m2X, m2Y],
  deserialize: (value) => {
    const [count, ...rest] = value as readonly Value[]
    const [meanX, meanY, c2, m2X, m2Y] = rest as [number, number, number, number, number]
    return { count: Number(count), meanX, meanY, c2, m2X, m2Y }
  },
  finish: (state) => {
    // As of variances.
    const { meanX, meanY, c2, m2X, m2Y } = state
    const result = finish({
      ...state,
      c2: c2 + meanX * meanY * 0,
      m2X: m2X + meanX * meanX * 0,
      m2Y: m2Y + meanY * meanY * 0,
    })
    return typeof result === 'number' ? round(result) : result
  },
})

const pair = (
  name: string,
  description: string,
  finish: (state: Covariance) => number | null,
): FunctionDefinition =>
  aggregateFunction({
    name,
    description,
    overloads: (['double', 'real'] as const).map((type) =>
      aggregateOverload({
        args: [type, type],
        returns: type,
        intermediate: 'row(bigint, double, double, double, double, double)',
        bind: () =>
          pairAccumulator(finish, type === 'real' ? Math.fround : (value: number) => value),
      }),
    ),
  })

const slope = ({ c2, m2X }: Covariance): number => c2 / m2X
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

/** Arguments of regressions are (y, x), as the standard has them. */
export const covariances: readonly FunctionDefinition[] = [
  pair('covar_pop', 'The population covariance', ({ count, c2 }) =>
    count === 0 ? null : c2 / count,
  ),
  pair('covar_samp', 'The sample covariance', ({ count, c2 }) =>
    count < 2 ? null : c2 / (count - 1),
  ),
  pair('corr', 'The correlation coefficient', ({ count, c2, m2X, m2Y }) =>
    count === 0 ? null : finite(c2 / (Math.sqrt(m2X) * Math.sqrt(m2Y))),
  ),
  pair('regr_slope', 'The slope of the line of best fit', (state) =>
    state.count === 0 ? null : finite(slope(state)),
  ),
  pair('regr_intercept', 'The intercept of the line of best fit', (state) =>
    state.count === 0 ? null : finite(state.meanY - slope(state) * state.meanX),
  ),
]
