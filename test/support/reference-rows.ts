import { equalityOf, orderOf } from '../../src/expressions/value/comparison.js'
import type { PlanSymbol } from '../../src/planner/plan/symbol.js'
import type { MapValue, Value } from '../../src/spi/index.js'
import type { Row } from './reference-frame.js'

export function setOperation(
  operation: 'intersect' | 'except',
  isDistinct: boolean,
  sources: readonly (readonly Row[])[],
  key: (row: Row) => string,
): Row[] {
  let result = [...sources[0]!]
  for (const source of sources.slice(1)) {
    const counts = new Map<string, number>()
    for (const row of source) counts.set(key(row), (counts.get(key(row)) ?? 0) + 1)
    result = result.filter((row) => {
      const count = counts.get(key(row)) ?? 0
      if (!isDistinct && count > 0) counts.set(key(row), count - 1)
      return operation === 'intersect' ? count > 0 : count === 0
    })
  }
  return isDistinct ? [...new Map(result.map((row) => [key(row), row])).values()] : result
}

export function unnested(value: Value, outputs: readonly PlanSymbol[]): Map<string, Value>[] {
  if (value === null) return []
  if (Array.isArray(value)) {
    return value.map((element: Value) => {
      if (outputs.length === 1 && !(Array.isArray(element) && isRowOutput(outputs))) {
        return new Map([[outputs[0]!.name, element]])
      }
      const fields = element as readonly Value[] | null
      return new Map(outputs.map((s, i) => [s.name, fields?.[i] ?? null]))
    })
  }
  const map = value as MapValue
  return map.keys.map(
    (key, i) =>
      new Map([
        [outputs[0]!.name, key],
        [outputs[1]!.name, map.values[i]!],
      ]),
  )
}

/** One output of an array of arrays is the inner array; of an array of rows with one field it is the field. */
const isRowOutput = (outputs: readonly PlanSymbol[]): boolean => outputs[0]!.type.kind !== 'array'

export function comparisonOf(
  operator: '=' | '<>' | '<' | '<=' | '>' | '>=',
  { type }: PlanSymbol,
): (left: Value, right: Value) => boolean | null {
  const equal = equalityOf(type)
  const order = orderOf(type)
  return (left, right) => {
    if (left === null || right === null) return null
    const equality = operator === '=' || operator === '<>' ? equal(left, right) : null
    switch (operator) {
      case '=':
        return equality
      case '<>':
        return equality === null ? null : !equality
      case '<':
        return order(left, right) < 0
      case '<=':
        return order(left, right) <= 0
      case '>':
        return order(left, right) > 0
      case '>=':
        return order(left, right) >= 0
    }
  }
}
