import { describe, expect, test } from 'vitest'
import { readPageWords } from '../../../../src/dataflow/memory/page-words.js'
import { pageCopier } from '../../../../src/dataflow/page-sink.js'
import { comparison, input } from '../../../../src/expressions/ir-build.js'
import {
  type JoinBuildState,
  JoinIndexSink,
  type JoinIndexSpec,
} from '../../../../src/operators/join/join-index-sink.js'
import { LookupJoinOperator } from '../../../../src/operators/join/lookup-join.js'
import { SemiJoinOperator } from '../../../../src/operators/join/semi-join.js'
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  INTEGER,
  type Page,
  type SqlType,
  VARCHAR,
  type Value,
  valuesEqual,
} from '../../../../src/spi/index.js'
import { builtTogether } from '../../../support/build-together.js'
import fc from '../../../support/fast-check.js'
import { testContext, testMemory } from '../../../support/memory.js'
import { multiset, pagesOf, type Row, runOperator } from '../../../support/operator.js'

const memory = testMemory()
const BUILD = 0

/** Columns of both sides: three possible keys, and a payload. */
const TYPES: readonly SqlType[] = [BIGINT, VARCHAR, DOUBLE, INTEGER]
const row = fc.tuple(
  // Direct addresses, a rank map or a hash table: by the widest key.
  fc.option(
    fc.oneof(
      { weight: 12, arbitrary: fc.bigInt({ min: 0n, max: 4n }) },
      { weight: 2, arbitrary: fc.constantFrom(100_000n, 100_063n, 900_000n) },
      { weight: 1, arbitrary: fc.constant(2n ** 60n) },
    ),
    { freq: 6 },
  ),
  fc.option(fc.constantFrom('', 'a', 'b', 'a longer text than eight'), { freq: 6 }),
  fc.option(fc.constantFrom(0, -0, 1.5, Number.NaN), { freq: 6 }),
  fc.integer({ min: 0, max: 5 }),
)
const rows = fc.array(row, { maxLength: 30 })
const keySets = [[0], [1], [2], [0, 1], [0, 1, 2], []] as const

/** payload of the probe side < payload of the build side */
const FILTER = comparison('<', input(3, INTEGER), input(TYPES.length + 3, INTEGER))

function indexed(
  build: readonly Row[],
  keys: readonly number[],
  pageRows: number,
  keysOnly: boolean,
  marksMatches = false,
  driverCount = 1,
) {
  const spec = {
    types: TYPES,
    keyChannels: keys,
    keysOnly,
    marksMatches,
    stablePages: false,
    filterKeys: [0, 1, 2].slice(0, keys.length),
  }
  const pages = pagesOf(memory, TYPES, build, pageRows)
  const state =
    driverCount > 1
      ? builtTogether(memory, spec, pages, driverCount)
      : builtAlone(spec, pages, pageRows % 2 === 0)
  return testContext(memory, { outputPageRows: 5, states: new Map([[BUILD, [state]]]) })
}

function builtAlone(spec: JoinIndexSpec, pages: readonly Page[], inSteps: boolean): JoinBuildState {
  const sink = new JoinIndexSink(spec, testContext(memory), pageCopier(memory.createArena()))
  for (const page of pages) sink.add(page)
  // In steps, as the driver does, or all at once: nothing of the index may differ.
  let stepCount = 0
  if (inSteps) for (const _ of sink.prepare()) stepCount += 1
  expect(stepCount > 1).toBe(inSteps && pages.length > 0)
  const state = sink.finish()
  sink.close()
  return state
}

const readPage = (words: Float64Array, types: readonly SqlType[]) =>
  readPageWords(
    words,
    memory.allocator.memory.buffer,
    types.map((_, c) => c),
    types,
  )

const matches = (left: Row, right: Row, keys: readonly number[], filtered: boolean): boolean =>
  keys.every((c) => {
    const [a, b] = [left[c]!, right[c]!]
    return a !== null && b !== null && valuesEqual(TYPES[c]!, a, b) === true
  }) &&
  (!filtered || (left[3] as number) < (right[3] as number))

type JoinType = 'inner' | 'left' | 'right' | 'full'
const NULLS: Row = TYPES.map(() => null)

function joined(
  type: JoinType,
  probe: readonly Row[],
  build: readonly Row[],
  keys: readonly number[],
  filtered: boolean,
): Row[] {
  const out: Row[] = []
  const matched = new Set<Row>()
  for (const left of probe) {
    const found = build.filter((right) => matches(left, right, keys, filtered))
    for (const right of found) {
      matched.add(right)
      out.push([...left, ...right])
    }
    if (found.length === 0 && (type === 'left' || type === 'full')) out.push([...left, ...NULLS])
  }
  if (type === 'right' || type === 'full') {
    for (const right of build) if (!matched.has(right)) out.push([...NULLS, ...right])
  }
  return out
}

describe('hash joins', () => {
  for (const type of ['inner', 'left', 'right', 'full'] as const) {
    test(`${type}: the pairs of a nested loop`, () => {
      fc.assert(
        fc.property(
          rows,
          rows,
          fc.constantFrom(...keySets),
          fc.boolean(),
          fc.constantFrom(1, 7, 100),
          fc.constantFrom(1, 2, 3),
          (probe, build, keys, filtered, pageRows, driverCount) => {
            memory.releaseAll()
            const keepsBuild = type === 'right' || type === 'full'
            const context = indexed(build, keys, pageRows, false, keepsBuild, driverCount)
            const drivers = Array.from(
              { length: driverCount },
              (_, driverIndex) =>
                new LookupJoinOperator(
                  {
                    kind: 'lookupJoin',
                    planNodeId: '1',
                    type,
                    indexPipeline: BUILD,
                    probeKeys: keys,
                    probeTypes: TYPES,
                    buildTypes: TYPES,
                    ...(filtered ? { filter: FILTER } : {}),
                    probeOutputs: [0, 1, 2, 3],
                    buildOutputs: [0, 1, 2, 3],
                  },
                  { ...context, driverIndex, driverCount },
                  readPage,
                ),
            )
            const out = drivers.flatMap((operator, d) =>
              runOperator(
                operator,
                pagesOf(
                  memory,
                  TYPES,
                  probe.filter((_, i) => i % driverCount === d),
                  pageRows,
                ),
              ),
            )
            const types = [...TYPES, ...TYPES]
            expect(multiset(out, types)).toEqual(
              multiset(joined(type, probe, build, keys, filtered), types),
            )
          },
        ),
        { numRuns: 150 },
      )
    })
  }

  test('semi, anti and mark: IN and EXISTS, with their nulls', () => {
    fc.assert(
      fc.property(
        rows,
        rows,
        fc.constantFrom(...keySets),
        fc.constantFrom('semi', 'anti', 'mark'),
        fc.constantFrom('exists', 'filtered', 'in'),
        fc.constantFrom(1, 7, 100),
        fc.constantFrom(1, 3),
        (probe, build, someKeys: readonly number[], mode, form, pageRows, driverCount) => {
          memory.releaseAll()
          const keys = form === 'in' ? [someKeys[0] ?? 0] : someKeys
          const context = indexed(build, keys, pageRows, form !== 'filtered', false, driverCount)
          const operator = new SemiJoinOperator(
            {
              kind: 'semiJoin',
              planNodeId: '1',
              mode,
              nullAware: form === 'in',
              indexPipeline: BUILD,
              probeKeys: keys,
              probeTypes: TYPES,
              buildTypes: TYPES,
              ...(form === 'filtered' ? { filter: FILTER } : {}),
            },
            context,
            readPage,
          )
          const out = runOperator(operator, pagesOf(memory, TYPES, probe, pageRows))
          const markOf = (left: Row): Value => {
            if (build.some((right) => matches(left, right, keys, form === 'filtered'))) return true
            if (form !== 'in' || build.length === 0) return false
            const key = keys[0]!
            return left[key] === null || build.some((right) => right[key] === null) ? null : false
          }
          const expected =
            mode === 'mark'
              ? probe.map((left) => [...left, markOf(left)])
              : probe.filter((left) => markOf(left) === (mode === 'semi'))
          const types = mode === 'mark' ? [...TYPES, BOOLEAN] : TYPES
          expect(multiset(out, types)).toEqual(multiset(expected, types))
        },
      ),
      { numRuns: 400 },
    )
  })

  test('pairs of which none passes the condition are looked at in steps', () => {
    memory.releaseAll()
    const row: Row = [1n, 'a', 1.5, 5]
    const sameRows = (count: number) => Array.from({ length: count }, () => row)
    const context = indexed(sameRows(8), [0], 100, false)
    const spec = {
      planNodeId: '1',
      indexPipeline: BUILD,
      probeKeys: [0],
      probeTypes: TYPES,
      buildTypes: TYPES,
      filter: FILTER,
    }
    const outputs = { probeOutputs: [0], buildOutputs: [3] }
    const operators = [
      new SemiJoinOperator(
        { ...spec, kind: 'semiJoin', mode: 'semi', nullAware: false },
        context,
        readPage,
      ),
      new LookupJoinOperator(
        { ...spec, ...outputs, kind: 'lookupJoin', type: 'inner' },
        context,
        readPage,
      ),
    ]
    for (const operator of operators) {
      const pages = pagesOf(memory, TYPES, sameRows(10), 100)
      const rowCounts = pages.flatMap((page) => [...operator.process(page)].map((p) => p.rowCount))
      operator.close()
      // 80 pairs, five at a time.
      expect(rowCounts.length).toBeGreaterThanOrEqual(16)
      expect(new Set(rowCounts)).toEqual(new Set([0]))
    }
  })
})
