import { describe } from 'vitest'
import type { UnnestSpec } from '../../../src/operators/spec.js'
import { createUnnest } from '../../../src/operators/unnest.js'
import {
  arrayType,
  BIGINT,
  INTEGER,
  type MapValue,
  mapType,
  rowType,
  VARCHAR,
  type Value,
} from '../../../src/spi/index.js'
import { operatorProperty } from '../../support/operator-test.js'
import type { Row } from '../../support/page-literal.js'
import { randomValue } from '../../support/random-value.js'
import type { Random } from '../kernel-support/cells.js'

const ROW = rowType([{ type: INTEGER }, { type: VARCHAR }])
const TYPES = [BIGINT, arrayType(VARCHAR), mapType(INTEGER, VARCHAR), arrayType(ROW)]

const list = (random: Random, make: () => Value): Value[] | null =>
  random.chance(0.2) ? null : Array.from({ length: random.pick([0, 0, 1, 2, 5]) }, make)

function randomRow(random: Random): Row {
  const keys = [...new Set(list(random, () => random.below(100)) ?? [])]
  return [
    randomValue(random, BIGINT),
    list(random, () => randomValue(random, VARCHAR)),
    random.chance(0.2) ? null : { keys, values: keys.map(() => randomValue(random, VARCHAR)) },
    list(random, () =>
      random.chance(0.2) ? null : [randomValue(random, INTEGER), randomValue(random, VARCHAR)],
    ),
  ]
}

/** The rows a collection spreads into, each of as many columns. */
function spread(channel: number, value: Value): Value[][] {
  if (value === null) return []
  if (channel === 2) {
    const { keys, values } = value as MapValue
    return keys.map((key, i) => [key, values[i]!])
  }
  const elements = value as readonly Value[]
  if (channel === 1) return elements.map((element) => [element])
  return elements.map((element) => [...((element as readonly Value[] | null) ?? [null, null])])
}

function reference({ unnested, type, ordinality }: UnnestSpec) {
  return (rows: readonly Row[]): Row[] =>
    rows.flatMap((row) => {
      const parts = unnested.map((channel) => spread(channel, row[channel]!))
      const length = Math.max(...parts.map((part) => part.length), type === 'left' ? 1 : 0)
      const isEmpty = parts.every((part) => part.length === 0)
      return Array.from({ length }, (_, i): Row => {
        const columns = parts.flatMap(
          (part, p) => part[i] ?? (unnested[p] === 1 ? [null] : [null, null]),
        )
        return [row[0]!, ...columns, ...(ordinality ? [isEmpty ? null : BigInt(i + 1)] : [])]
      })
    })
}

describe('unnest', () => {
  for (const unnested of [[1], [2], [3], [1, 2, 3], [3, 3]]) {
    for (const type of ['inner', 'left'] as const) {
      for (const ordinality of [false, true]) {
        const spec: UnnestSpec = {
          kind: 'unnest',
          planNodeId: '1',
          types: TYPES,
          replicated: [0],
          unnested,
          ordinality,
          type,
        }
        operatorProperty(`${unnested} ${type} ${ordinality}`, {
          types: TYPES,
          runs: 15,
          make: (context) => createUnnest(spec, context),
          environment: () => ({ settings: { outputPageRows: 7 } }),
          randomRow,
          reference: reference(spec),
        })
      }
    }
  }
})
