import {
  type Accumulator,
  aggregateFunction,
  aggregateOverload,
  type FunctionDefinition,
} from '../../function-definition.js'
import {
  type DoubleLayout,
  type DoubleStates,
  doubleStates,
  type NumberAccumulator,
} from './double-states.js'

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

const momentsAccumulator = (
  finish: (state: Moments) => number | null,
): NumberAccumulator<Moments> => ({
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

const MOMENTS_LAYOUT: DoubleLayout<Moments> = {
  family: 'moments',
  size: 5,
  read: (words, at) => ({
    count: words[at]!,
    mean: words[at + 1]!,
    m2: words[at + 2]!,
    m3: words[at + 3]!,
    m4: words[at + 4]!,
  }),
  write({ count, mean, m2, m3, m4 }, words, at) {
    words[at] = count
    words[at + 1] = mean
    words[at + 2] = m2
    words[at + 3] = m3
    words[at + 4] = m4
  },
}

/** Count, mean and sum of squares of the distances from the mean. */
interface Variance {
  count: number
  mean: number
  m2: number
}

/** @source B. Welford, Note on a Method for Calculating Corrected Sums of Squares and Products */
const varianceAccumulator = (
  finish: (state: Variance) => number | null,
): NumberAccumulator<Variance> => ({
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

const VARIANCE_LAYOUT: DoubleLayout<Variance> = {
  family: 'variance',
  size: 3,
  read: (words, at) => ({ count: words[at]!, mean: words[at + 1]!, m2: words[at + 2]! }),
  write({ count, mean, m2 }, words, at) {
    words[at] = count
    words[at + 1] = mean
    words[at + 2] = m2
  },
}

interface MomentFunction<State> {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly description: string
  readonly finish: (state: State) => number | null
}

/** Trino's last step adds 0 times the square of the mean: NaN where that is too large. */
const distances = ({ mean, m2 }: Variance): number => m2 + mean * mean * 0
const sampleVariance = (state: Variance) =>
  state.count < 2 ? null : distances(state) / (state.count - 1)
const populationVariance = (state: Variance) =>
  state.count === 0 ? null : distances(state) / state.count
const root = (value: number | null): number | null => (value === null ? null : Math.sqrt(value))

const VARIANCES: readonly MomentFunction<Variance>[] = [
  {
    name: 'variance',
    aliases: ['var_samp'],
    description: 'The sample variance',
    finish: sampleVariance,
  },
  { name: 'var_pop', description: 'The population variance', finish: populationVariance },
  {
    name: 'stddev',
    aliases: ['stddev_samp'],
    description: 'The sample standard deviation',
    finish: (state) => root(sampleVariance(state)),
  },
  {
    name: 'stddev_pop',
    description: 'The population standard deviation',
    finish: (state) => root(populationVariance(state)),
  },
]

const HIGHER: readonly MomentFunction<Moments>[] = [
  {
    name: 'skewness',
    description: 'The skewness',
    finish: ({ count, m2, m3 }) => (count < 3 ? null : (Math.sqrt(count) * m3) / m2 ** 1.5),
  },
  {
    name: 'kurtosis',
    description: 'The excess kurtosis',
    finish: ({ count: n, m2, m4 }) =>
      n < 4
        ? null
        : ((n - 1) * n * (n + 1) * m4) / ((n - 2) * (n - 3) * m2 * m2) -
          (3 * (n - 1) ** 2) / ((n - 2) * (n - 3)),
  },
]

const define = <State>(
  { name, aliases = [], description, finish }: MomentFunction<State>,
  intermediate: string,
  accumulator: (finish: MomentFunction<State>['finish']) => Accumulator<State>,
): FunctionDefinition =>
  aggregateFunction({
    name,
    aliases,
    description,
    overloads: ['bigint', 'double'].map((type) =>
      aggregateOverload({
        args: [type],
        returns: 'double',
        intermediate,
        bind: () => accumulator(finish),
      }),
    ),
  })

export const moments: readonly FunctionDefinition[] = [
  ...VARIANCES.map((fn) => define(fn, 'row(bigint, double, double)', varianceAccumulator)),
  ...HIGHER.map((fn) =>
    define(fn, 'row(bigint, double, double, double, double)', momentsAccumulator),
  ),
]

const statesOf = <State>(
  functions: readonly MomentFunction<State>[],
  layout: DoubleLayout<State>,
  accumulator: (finish: MomentFunction<State>['finish']) => NumberAccumulator<State>,
): (readonly [string, DoubleStates])[] =>
  functions.flatMap(({ name, aliases = [], finish }) =>
    [name, ...aliases].map((each) => [each, doubleStates(layout, accumulator(finish))] as const),
  )

/** By name, aliases too. */
export const momentStates: ReadonlyMap<string, DoubleStates> = new Map([
  ...statesOf(VARIANCES, VARIANCE_LAYOUT, varianceAccumulator),
  ...statesOf(HIGHER, MOMENTS_LAYOUT, momentsAccumulator),
])
