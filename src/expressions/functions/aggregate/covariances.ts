import type { Value } from '../../../spi/type/value.js'
import {
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

/** Adds 0 times squares of the means, as Trino's last step: NaN where they are too large. */
const settled = (state: Covariance): Covariance => {
  const { meanX, meanY, c2, m2X, m2Y } = state
  return {
    ...state,
    c2: c2 + meanX * meanY * 0,
    m2X: m2X + meanX * meanX * 0,
    m2Y: m2Y + meanY * meanY * 0,
  }
}

const accumulator = (
  finish: (state: Covariance) => number | null,
): NumberAccumulator<Covariance> => ({
  create: () => ({ count: 0, meanX: 0, meanY: 0, c2: 0, m2X: 0, m2Y: 0 }),
  add: (state, y, x) => addPair(state, y as number, x as number),
  combine: mergePairs,
  serialize: ({ count, meanX, meanY, c2, m2X, m2Y }) => [BigInt(count), meanX, meanY, c2, m2X, m2Y],
  deserialize: (value) => {
    const [count, ...rest] = value as readonly Value[]
    const [meanX, meanY, c2, m2X, m2Y] = rest as [number, number, number, number, number]
    return { count: Number(count), meanX, meanY, c2, m2X, m2Y }
  },
  finish: (state) => finish(settled(state)),
})

const LAYOUT: DoubleLayout<Covariance> = {
  family: 'covariance',
  size: 6,
  read: (words, at) => ({
    count: words[at]!,
    meanX: words[at + 1]!,
    meanY: words[at + 2]!,
    c2: words[at + 3]!,
    m2X: words[at + 4]!,
    m2Y: words[at + 5]!,
  }),
  write({ count, meanX, meanY, c2, m2X, m2Y }, words, at) {
    words[at] = count
    words[at + 1] = meanX
    words[at + 2] = meanY
    words[at + 3] = c2
    words[at + 4] = m2X
    words[at + 5] = m2Y
  },
}

interface CovarianceFunction {
  readonly name: string
  readonly description: string
  readonly finish: (state: Covariance) => number | null
}

const slope = ({ c2, m2X }: Covariance): number => c2 / m2X
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

const FUNCTIONS: readonly CovarianceFunction[] = [
  {
    name: 'covar_pop',
    description: 'The population covariance',
    finish: ({ count, c2 }) => (count === 0 ? null : c2 / count),
  },
  {
    name: 'covar_samp',
    description: 'The sample covariance',
    finish: ({ count, c2 }) => (count < 2 ? null : c2 / (count - 1)),
  },
  {
    name: 'corr',
    description: 'The correlation coefficient',
    finish: ({ count, c2, m2X, m2Y }) =>
      count === 0 ? null : finite(c2 / (Math.sqrt(m2X) * Math.sqrt(m2Y))),
  },
  {
    name: 'regr_slope',
    description: 'The slope of the line of best fit',
    finish: (state) => (state.count === 0 ? null : finite(slope(state))),
  },
  {
    name: 'regr_intercept',
    description: 'The intercept of the line of best fit',
    finish: (state) =>
      state.count === 0 ? null : finite(state.meanY - slope(state) * state.meanX),
  },
]

const rounded = (value: number | null): number | null =>
  value === null ? null : Math.fround(value)

/** Arguments of regressions are (y, x), as the standard has them. */
export const covariances: readonly FunctionDefinition[] = FUNCTIONS.map(
  ({ name, description, finish }) =>
    aggregateFunction({
      name,
      description,
      overloads: (['double', 'real'] as const).map((type) =>
        aggregateOverload({
          args: [type, type],
          returns: type,
          intermediate: 'row(bigint, double, double, double, double, double)',
          bind: () => {
            const exact = accumulator(finish)
            return type === 'double'
              ? exact
              : { ...exact, finish: (state) => rounded(exact.finish(state)) }
          },
        }),
      ),
    }),
)

/** By name; those of REAL are to be rounded. */
export const covarianceStates: ReadonlyMap<string, DoubleStates> = new Map(
  FUNCTIONS.map(({ name, finish }) => [name, doubleStates(LAYOUT, accumulator(finish))]),
)
