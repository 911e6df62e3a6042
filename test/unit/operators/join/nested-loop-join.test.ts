import { describe, expect, test } from 'vitest'
import type { Expression } from '../../../../src/expressions/ir.js'
import { createNestedLoopJoin } from '../../../../src/operators/join/nested-loop-join.js'
import type { OperatorContext } from '../../../../src/operators/operator.js'
import type { NestedLoopJoinSpec } from '../../../../src/operators/spec.js'
import { BIGINT, BOOLEAN, INTEGER, VARCHAR } from '../../../../src/spi/index.js'
import { collectedStates, readCollectedPage } from '../../../support/collected-state.js'
import { pageOf } from '../../../support/connector.js'
import { operatorContext, queryMemory } from '../../../support/operator-environment.js'
import { operatorProperty, operatorTest } from '../../../support/operator-test.js'
import { page, type Row, type Table } from '../../../support/page-literal.js'
import { randomValue } from '../../../support/random-value.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'

const PIPELINE = 3
const input = (channel: number): Expression => ({ kind: 'input', type: INTEGER, channel })
/** probe.0 < build.0 */
const LESS: Expression = {
  kind: 'comparison',
  type: BOOLEAN,
  operator: '<',
  left: input(0),
  right: input(2),
}

function joinSpec(type: NestedLoopJoinSpec['type'], filter?: Expression): NestedLoopJoinSpec {
  return {
    kind: 'nestedLoopJoin',
    planNodeId: '1',
    type,
    buildPipeline: PIPELINE,
    probeTypes: [INTEGER, VARCHAR],
    buildTypes: [INTEGER, BIGINT],
    probeOutputs: [1, 0],
    buildOutputs: [1, 0],
    ...(filter === undefined ? {} : { filter }),
  }
}

const make = (spec: NestedLoopJoinSpec) => (context: OperatorContext) =>
  createNestedLoopJoin(spec, context, readCollectedPage)

const withBuild =
  (build: Table, driverCount = 1, pageRows = Infinity) =>
  (memory: ReturnType<typeof queryMemory>) => ({
    states: new Map([[PIPELINE, collectedStates(memory, build, driverCount, pageRows)]]),
  })

function reference(type: NestedLoopJoinSpec['type'], filtered: boolean, build: readonly Row[]) {
  const passes = (a: Row, b: Row) =>
    !filtered || (a[0] !== null && b[0] !== null && (a[0] as number) < (b[0] as number))
  return (probe: readonly Row[]): Row[] => {
    const rows: Row[] = []
    const matched = new Set<Row>()
    for (const a of probe) {
      const matches = build.filter((b) => passes(a, b))
      for (const b of matches) matched.add(b)
      for (const b of matches) rows.push([a[1]!, a[0]!, b[1]!, b[0]!])
      if (matches.length === 0 && type !== 'inner') rows.push([a[1]!, a[0]!, null, null])
    }
    if (type === 'full') {
      for (const b of build) if (!matched.has(b)) rows.push([null, null, b[1]!, b[0]!])
    }
    return rows
  }
}

describe('nested loop join', () => {
  operatorTest('crosses two short sides', {
    input: page`integer varchar | 1 a | NULL b`,
    make: make(joinSpec('inner')),
    environment: withBuild(page`integer bigint | 7 70 | 8 80`),
    expect: page`varchar integer bigint integer | a 1 70 7 | a 1 80 8 | b NULL 70 7 | b NULL 80 8`,
    order: 'any',
  })
  operatorTest('left with a condition', {
    input: page`integer varchar | 1 a | NULL b | 9 c`,
    make: make(joinSpec('left', LESS)),
    environment: withBuild(page`integer bigint | 7 70 | 8 80`, 2, 1),
    expect: page`varchar integer bigint integer | a 1 70 7 | a 1 80 8 | b NULL NULL NULL | c 9 NULL NULL`,
    order: 'any',
  })
  operatorTest('full with an empty build side', {
    input: page`integer varchar | 1 a`,
    make: make(joinSpec('full')),
    environment: withBuild(page`integer bigint`),
    expect: page`varchar integer bigint integer | a 1 NULL NULL`,
  })
  operatorTest('full with an empty probe side', {
    input: page`integer varchar`,
    make: make(joinSpec('full', LESS)),
    environment: withBuild(page`integer bigint | 7 70 | NULL 80`),
    expect: page`varchar integer bigint integer | NULL NULL 70 7 | NULL NULL 80 NULL`,
    order: 'any',
  })

  for (const [probeRows, buildRows, steps] of [
    [2000, 3, 3],
    [3, 2000, 3],
    [600, 600, 22],
  ] as const) {
    test(`yields after each step of ${probeRows} by ${buildRows} rows that match none`, () => {
      const memory = queryMemory()
      try {
        const build = Array.from({ length: buildRows }, (_, i) => [i, BigInt(i)])
        const { states } = withBuild({ types: [INTEGER, BIGINT], rows: build })(memory)
        const operator = make(joinSpec('inner', LESS))(operatorContext(memory, { states }))
        const probe = Array.from({ length: probeRows }, (_, i) => [buildRows + i, ''])
        const pages = [...operator.process(pageOf([INTEGER, VARCHAR], probe))]
        expect(pages.map(({ rowCount }) => rowCount)).toEqual(Array(steps).fill(0))
        operator.close()
      } finally {
        memory.releaseAll()
      }
    })
  }

  const seed = 20_000 + SEED
  const random = createRandom(seed)
  for (const type of ['inner', 'left', 'full'] as const) {
    for (const filtered of [false, true]) {
      for (const buildRows of [0, 1, 20, 1100]) {
        const types = [INTEGER, BIGINT]
        const rows = Array.from({ length: buildRows }, () =>
          types.map((t) => randomValue(random, t)),
        )
        operatorProperty(`${type} ${filtered} build of ${buildRows} (seed ${seed})`, {
          types: [INTEGER, VARCHAR],
          runs: 5,
          rowCounts: buildRows < 1000 ? [0, 1, 30, 1300] : [0, 1, 10],
          make: make(joinSpec(type, filtered ? LESS : undefined)),
          environment: withBuild({ types, rows }, 2, 500),
          randomRow: (r) => [randomValue(r, INTEGER), randomValue(r, VARCHAR)],
          reference: reference(type, filtered, rows),
          order: 'any',
        })
      }
    }
  }
})
