import { expect, test } from 'vitest'
import { CollectSink } from '../../../src/dataflow/page-sink.js'
import { rangeBounds } from '../../../src/dataflow/scheduler/stage-ranges.js'
import { type SortSample, sampleRuns } from '../../../src/dataflow/sort-sample.js'
import type { RangeBound } from '../../../src/operators/partition/range-bound.js'
import { RangePartitioner } from '../../../src/operators/partition/range-partitioner.js'
import type { ChannelOrder } from '../../../src/operators/spec.js'
import { allSteps } from '../../../src/operators/steps.js'
import {
  BIGINT,
  BOOLEAN,
  charType,
  DATE,
  DOUBLE,
  decimalType,
  IPADDRESS,
  type Page,
  type SqlType,
  TINYINT,
  timestampType,
  timestampWithTimeZoneType,
  timeType,
  timeWithTimeZoneType,
  UUID,
  VARBINARY,
  VARCHAR,
} from '../../../src/spi/index.js'
import { queryMemory } from '../../support/operator-environment.js'
import { expectRows, rowsOf, toPage } from '../../support/operator-test.js'
import type { Row } from '../../support/page-literal.js'
import { fewOutcomes, randomValue } from '../../support/random-value.js'
import { compareRowsBy } from '../../support/reference-order.js'
import { SEED } from '../../support/seed.js'
import { temporaryFolder, testSpill } from '../../support/spill.js'
import { createRandom, type Random } from '../kernel-support/cells.js'

/* Sorted rows of several tasks, cut into ranges by samples of all: nothing is lost, and ranges follow one another. */

const KEY_TYPES: readonly SqlType[] = [
  BOOLEAN,
  TINYINT,
  BIGINT,
  DOUBLE,
  decimalType(12, 2),
  decimalType(38, 1),
  VARCHAR,
  charType(5),
  VARBINARY,
  DATE,
  timeType(12),
  timeWithTimeZoneType(3),
  timestampType(3),
  timestampType(12),
  timestampWithTimeZoneType(3),
  timestampWithTimeZoneType(12),
  UUID,
  IPADDRESS,
]
const ENCODINGS = ['flat', 'constant', 'dictionary', 'selected'] as const
const folder = temporaryFolder()

interface Sorted {
  readonly types: readonly SqlType[]
  readonly orderBy: readonly ChannelOrder[]
}

/** A task's rows in order; of some tasks most have one key. */
function randomRows(random: Random, { types, orderBy }: Sorted, task: number): Row[] {
  const heavy = types.slice(0, -1).map((type) => randomValue(createRandom(SEED), type, 0.5))
  const share = random.pick([0, 0, 0.9])
  return Array.from({ length: random.pick([0, 1, 30, 700]) }, (_, i): Row => {
    const source = random.chance(0.3) ? fewOutcomes(random) : random
    const keys = random.chance(share)
      ? heavy
      : types.slice(0, -1).map((type) => randomValue(source, type))
    return [...keys, BigInt(task * 10_000 + i)]
  }).sort(compareRowsBy(orderBy, types))
}

/** As its pipeline leaves it: runs of which the first may have been written to disk. */
function sampleOf(
  random: Random,
  sorted: Sorted,
  pages: readonly Page[],
  memory: ReturnType<typeof queryMemory>,
): SortSample {
  const spill = random.chance(0.3) ? testSpill(folder, memory) : undefined
  const sink = new CollectSink(memory.createArena(), sorted.types, spill)
  const other = new CollectSink(memory.createArena(), sorted.types)
  for (const page of pages) {
    const driver = random.pick([sink, sink, other])
    driver.add(page)
    if (driver === sink && spill !== undefined && random.chance(0.5)) allSteps(sink.revoke())
  }
  const states = [sink.finish(), other.finish()]
  const arena = memory.createArena()
  const { buffer } = arena.allocate(0)
  const ref = { pipeline: 0, ...sorted }
  const sample = sampleRuns(ref, states, buffer as SharedArrayBuffer, arena, spill)
  arena.close()
  for (const { runs, spilled } of states) {
    for (const run of runs) memory.release(run)
    if (spilled !== undefined) spill!.delete(spilled)
  }
  return structuredClone(sample)
}

test(`ranges of random rows from seed ${SEED}`, () => {
  for (let seed = SEED; seed < SEED + 60; seed++) {
    const random = createRandom(seed)
    const keyTypes = [random.pick(KEY_TYPES), random.pick(KEY_TYPES)].slice(0, 1 + random.below(2))
    const types = [...keyTypes, BIGINT]
    const orderBy = keyTypes.map((_, channel) => ({
      channel,
      ascending: random.chance(0.5),
      nullsFirst: random.chance(0.5),
    }))
    const sorted = { types, orderBy }
    const compare = compareRowsBy(orderBy, types)
    const rangeCount = 1 + random.below(5)
    const memory = queryMemory()
    const arena = memory.createArena()
    const tasks = Array.from({ length: 1 + random.below(4) }, (_, i) =>
      randomRows(random, sorted, i),
    )
    const pages = tasks.map((rows) => {
      const size = random.pick([1, 7, 1000])
      return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => {
        const own = rows.slice(i * size, (i + 1) * size)
        return toPage({ types, rows: own }, random.pick(ENCODINGS), arena, random)
      })
    })
    const samples = pages.map((own) => sampleOf(random, sorted, own, memory))
    const bounds = rangeBounds(
      samples,
      orderBy.map((order, i) => ({ ...order, symbol: { name: `k${i}`, type: keyTypes[i]! } })),
      rangeCount,
    )
    expect(bounds.length).toBe(tasks.some((rows) => rows.length > 0) ? rangeCount - 1 : 0)

    const ranges: Row[][] = Array.from({ length: rangeCount }, () => [])
    for (const own of pages) cutInto(ranges, own, bounds, sorted, random, memory)
    ranges.reduce<Row | undefined>((last, rows) => {
      const inOrder = rows.toSorted(compare)
      if (last !== undefined && inOrder.length > 0) {
        expect(compare(last, inOrder[0]!), `seed ${seed}`).toBeLessThanOrEqual(0)
      }
      return inOrder.at(-1) ?? last
    }, undefined)
    const byId = (a: Row, b: Row): number => Number((a.at(-1) as bigint) - (b.at(-1) as bigint))
    expectRows(ranges.flat().sort(byId), tasks.flat().sort(byId))
    arena.close()
    expect(memory.usedBytes).toBe(0)
  }
})

/** Cuts the pages of a task; a range that has ended gets no rows any more. */
function cutInto(
  ranges: readonly Row[][],
  pages: readonly Page[],
  bounds: readonly RangeBound[],
  { orderBy, types }: Sorted,
  random: Random,
  memory: ReturnType<typeof queryMemory>,
): void {
  const arena = memory.createArena()
  const equalRows = bounds.map(() => random.pick([0, 3, 100]))
  const partitioner = new RangePartitioner(bounds, equalRows, orderBy, types, arena)
  let ended = 0
  for (const page of pages) {
    partitioner.partition(
      page,
      (part, range) => {
        expect(range).toBe(ended)
        ranges[range]!.push(...rowsOf(part))
      },
      (range) => {
        expect(range).toBe(ended)
        ended += 1
      },
    )
  }
  arena.close()
}
