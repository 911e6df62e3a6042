import type { DoubleStates } from '../../expressions/functions/aggregate/double-states.js'
import type { FunctionBuilder, Local, ModuleBuilder } from '../../expressions/wasm/builder.js'
import { kernel } from '../../expressions/wasm/module-cache.js'
import { f64, i32, i64 } from '../../expressions/wasm/scalar.js'
import type { Expr } from '../../expressions/wasm/value.js'
import { loadKey, validBit } from '../keys/key-kernels.js'
import { eachRow, type FloatSource, type IntegerSource, ROW_PARAMS } from './aggregate-kernels.js'
import { floatAt } from './ungrouped-kernels.js'

type Double = Local<'f64'>

/** Adds a row to the state of its group. Operations are those of the definition, in its order: results are the same bits. */
type Step = (f: FunctionBuilder, state: readonly Double[], row: readonly Double[]) => void

const add = f64.add
const sub = f64.sub
const mul = f64.mul
const div = f64.div

const STEPS: Readonly<Record<DoubleStates['family'], Step>> = {
  variance(f, state, row) {
    const [count, mean, m2] = state as [Double, Double, Double]
    const [value] = row as [Double]
    const delta = f.let(sub(value, mean))
    f.set(count, add(count, 1))
    f.set(mean, add(mean, div(delta, count)))
    f.set(m2, add(m2, mul(delta, sub(value, mean))))
  },
  moments(f, state, row) {
    const [count, mean, m2, m3, m4] = state as [Double, Double, Double, Double, Double]
    const [value] = row as [Double]
    const before = f.let(count)
    f.set(count, add(count, 1))
    const delta = f.let(sub(value, mean))
    const deltaN = f.let(div(delta, count))
    const dm2 = f.let(mul(mul(delta, deltaN), before))
    const spread = add(sub(mul(count, count), mul(f64.const(3), count)), 3)
    const fourth = mul(mul(mul(dm2, deltaN), deltaN), spread)
    const second = mul(mul(mul(f64.const(6), deltaN), deltaN), m2)
    f.set(m4, add(m4, sub(add(fourth, second), mul(mul(f64.const(4), deltaN), m3))))
    const third = mul(mul(dm2, deltaN), sub(count, 2))
    f.set(m3, add(m3, sub(third, mul(mul(f64.const(3), deltaN), m2))))
    f.set(m2, add(m2, dm2))
    f.set(mean, add(mean, deltaN))
  },
  covariance(f, state, row) {
    const [count, meanX, meanY, c2, m2X, m2Y] = state as [
      Double,
      Double,
      Double,
      Double,
      Double,
      Double,
    ]
    const [y, x] = row as [Double, Double]
    f.set(count, add(count, 1))
    const deltaX = f.let(sub(x, meanX))
    const deltaY = f.let(sub(y, meanY))
    f.set(meanX, add(meanX, div(deltaX, count)))
    f.set(meanY, add(meanY, div(deltaY, count)))
    f.set(c2, add(c2, mul(deltaX, sub(y, meanY))))
    f.set(m2X, add(m2X, mul(deltaX, sub(x, meanX))))
    f.set(m2Y, add(m2Y, mul(deltaY, sub(y, meanY))))
  },
}

interface DoubleStateKernel {
  /** Adds rows to states[g]; rows with a null in either column are left out. */
  add(
    validity: number,
    groups: number,
    count: number,
    values: number,
    base: bigint,
    factor: bigint,
    secondValidity: number,
    secondValues: number,
    states: number,
  ): void
}

/** What rows are read from: the second column is always one of floats. */
export interface DoubleStateShape {
  readonly source: IntegerSource | FloatSource
  readonly nullable: boolean
  readonly second: { readonly source: FloatSource; readonly nullable: boolean } | undefined
  readonly grouped: boolean
}

export function doubleStateKernel(
  memory: WebAssembly.Memory,
  { family, size }: Pick<DoubleStates, 'family' | 'size'>,
  shape: DoubleStateShape,
): DoubleStateKernel['add'] {
  const { source, nullable, second, grouped } = shape
  const build = (m: ModuleBuilder) => {
    m.function(
      'add',
      {
        ...ROW_PARAMS,
        values: 'i32',
        base: 'i64',
        factor: 'i64',
        secondValidity: 'i32',
        secondValues: 'i32',
        states: 'i32',
      },
      null,
      (f, p) => {
        const state = Array.from({ length: size }, () => f.local('f64'))
        const row = [f.local('f64'), f.local('f64')] as const
        const load = (address: Expr<'i32'>) =>
          state.forEach((word, i) => f.set(word, f64.load(address, 8 * i)))
        const store = (address: Expr<'i32'>) =>
          state.forEach((word, i) => f.storeF64(address, word, 8 * i))
        if (!grouped) load(p.states)
        eachRow(f, p, { nullable, grouped }, (i, group) => {
          const addRow = () => {
            const address = f.local('i32')
            if (grouped) {
              f.set(address, i32.add(p.states, i32.mul(group, 8 * size)))
              load(address)
            }
            f.set(row[0], firstValue(source, p, i))
            if (second !== undefined) f.set(row[1], floatAt(second.source, p.secondValues, i))
            STEPS[family](f, state, row)
            if (grouped) store(address)
          }
          if (second?.nullable) f.if(validBit(p.secondValidity, i), addRow)
          else addRow()
        })
        if (!grouped) store(p.states)
      },
    )
  }
  const columns = [{ source, nullable }, ...(second === undefined ? [] : [second])]
  const read = columns.map((c) => `${c.source}${c.nullable ? ' nullable' : ''}`).join(', ')
  const key = `aggregate ${family} ${read}${grouped ? ' grouped' : ''}`
  return kernel<DoubleStateKernel>(memory, key, build).add
}

function firstValue(
  source: IntegerSource | FloatSource,
  p: {
    readonly values: Local<'i32'>
    readonly base: Local<'i64'>
    readonly factor: Local<'i64'>
  },
  row: Expr<'i32'>,
): Expr<'f64'> {
  if (source === 'f32' || source === 'f64') return floatAt(source, p.values, row)
  const integer = i64.add(p.base, i64.mul(p.factor, loadKey(source, p.values, row)))
  return f64.convert_i64_s(integer)
}
