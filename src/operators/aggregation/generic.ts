import type { Accumulator, LambdaValue } from '../../expressions/function-definition.js'
import { compileLambda } from '../../expressions/interpreter.js'
import type { Expression, ResolvedFunction } from '../../expressions/ir.js'
import {
  type Arena,
  assert,
  type Block,
  compareValues,
  createBlockBuilder,
  isValid,
  readValue,
  type SqlType,
  type Value,
} from '../../spi/index.js'
import type { ExecutionSettings } from '../operator.js'
import type { Aggregator } from './aggregator.js'

/** How the rows of an aggregate call with ORDER BY are sorted: the sort columns follow the arguments. */
export type AggregateOrder = readonly {
  readonly ascending: boolean
  readonly nullsFirst: boolean
}[]

interface OrderedRow {
  readonly args: readonly Value[]
  readonly keys: readonly Value[]
}

/** Runs an aggregate by the accumulator of its definition, a state a group and a value a row. */
export function genericAggregator(
  fn: ResolvedFunction,
  args: readonly Expression[],
  order: AggregateOrder | undefined,
  settings: ExecutionSettings,
): Aggregator {
  const { registry, session } = settings
  const found = registry.find(fn.id)
  assert(found.kind === 'aggregate', `${fn.name} is an aggregate`)
  const { overload } = found
  const intermediateType = registry.intermediateType(fn)
  const lambdas = args.map((arg): LambdaValue | undefined =>
    arg.kind === 'lambda' ? compileLambda(arg, { registry, session }) : undefined,
  )
  const accumulator = overload.bind({
    argumentTypes: fn.argumentTypes,
    returnType: fn.returnType,
    session,
    intermediateType,
    lambdas,
  }) as Accumulator<unknown>
  const valueCount = args.filter((arg) => arg.kind !== 'lambda').length
  const skipsNulls = overload.nulls !== 'called'
  const states: unknown[] = []
  const pending: OrderedRow[][] = []
  let orderTypes: readonly SqlType[] = []

  const addRow = (group: number, values: readonly Value[]): void => {
    states[group] = accumulator.add(states[group], ...values)
  }
  const addOrdered = (): void => {
    if (order === undefined) return
    pending.forEach((rows, group) => {
      rows.sort((a, b) => compareRows(a, b, order, orderTypes))
      for (const row of rows) addRow(group, row.args)
      rows.length = 0
    })
  }
  const build = (
    type: SqlType,
    from: number,
    to: number,
    value: (state: unknown) => Value,
    arena: Arena,
  ): Block => {
    addOrdered()
    const builder = createBlockBuilder(type, arena)
    for (let group = from; group < to; group++) {
      const result = value(states[group])
      if (result === null) builder.appendNull()
      else builder.append(result)
    }
    return builder.build()
  }

  return {
    reserve(groupCount) {
      while (states.length < groupCount) {
        if (order !== undefined) pending.push([])
        states.push(accumulator.create())
      }
    },
    add(blocks, rowCount, groups) {
      orderTypes = blocks.slice(valueCount).map((block) => block.type)
      const readers = blocks.map(valueReader)
      const [only] = readers
      if (only !== undefined && readers.length === 1 && order === undefined) {
        for (let i = 0; i < rowCount; i++) {
          const group = groups === undefined ? 0 : groups[i]!
          if (group < 0) continue
          const value = only(i)
          if (value === null && skipsNulls) continue
          states[group] = accumulator.add(states[group], value)
        }
        return
      }
      for (let i = 0; i < rowCount; i++) {
        const group = groups === undefined ? 0 : groups[i]!
        if (group < 0) continue
        const values = readers.map((read) => read(i))
        const own = values.slice(0, valueCount)
        if (skipsNulls && own.includes(null)) continue
        if (order === undefined) addRow(group, own)
        else pending[group]!.push({ args: own, keys: values.slice(valueCount) })
      }
    },
    merge(blocks, rowCount, groups) {
      const [block] = blocks
      assert(block !== undefined, 'a state column')
      for (let i = 0; i < rowCount; i++) {
        const group = groups[i]!
        const other = accumulator.deserialize(readValue(block, i))
        states[group] = accumulator.combine(states[group], other)
      }
    },
    states: (from, to, arena) => [
      build(intermediateType, from, to, (state) => accumulator.serialize(state), arena),
    ],
    results: (from, to, arena) =>
      build(fn.returnType, from, to, (state) => accumulator.finish(state), arena),
    close() {
      states.length = 0
      pending.length = 0
    },
  }
}

/** Reads a block's values, those of a dictionary of texts once an entry: strings can be shared, other carriers may not. */
function valueReader(block: Block): (position: number) => Value {
  if (
    block.encoding !== 'dictionary' ||
    block.dictionary.storage !== 'bytes' ||
    block.dictionary.rowCount > block.rowCount
  ) {
    return (position) => readValue(block, position)
  }
  const texts: (string | undefined)[] = new Array(block.dictionary.rowCount).fill(undefined)
  return (position) => {
    if (!isValid(block.validity, position)) return null
    const code = block.codes[position]!
    const known = texts[code]
    if (known !== undefined) return known
    const value = readValue(block, position)
    if (typeof value === 'string') texts[code] = value
    return value
  }
}

function compareRows(
  a: OrderedRow,
  b: OrderedRow,
  order: AggregateOrder,
  types: readonly SqlType[],
): number {
  for (let i = 0; i < order.length; i++) {
    const { ascending, nullsFirst } = order[i]!
    const left = a.keys[i]!
    const right = b.keys[i]!
    if (left === null || right === null) {
      if (left === right) continue
      return (left === null) === nullsFirst ? -1 : 1
    }
    const compared = compareValues(types[i]!, left, right, nullsFirst ? 'first' : 'last')
    if (compared !== 0) return ascending ? compared : -compared
  }
  return 0
}
