import { expect, test } from 'vitest'
import { wholeStates } from '../../../../src/dataflow/joined-build.js'
import { pageCopier } from '../../../../src/dataflow/page-sink.js'
import { JoinIndexReader } from '../../../../src/operators/join/join-index.js'
import {
  type JoinBuildState,
  JoinIndexSink,
  type JoinIndexSpec,
} from '../../../../src/operators/join/join-index-sink.js'
import { SharedBuildSink } from '../../../../src/operators/join/shared-build.js'
import { HASH_MULTIPLIER } from '../../../../src/operators/keys/key-kernels.js'
import {
  BIGINT,
  INTEGER,
  type Page,
  readValue,
  type SqlType,
  VARCHAR,
  type Value,
} from '../../../../src/spi/index.js'
import { builtTogether, sharedPages } from '../../../support/build-together.js'
import { testContext, testMemory } from '../../../support/memory.js'
import { pagesOf, type Row } from '../../../support/operator.js'
import { SEED } from '../../../support/seed.js'
import { createRandom, type Random } from '../../kernel-support/cells.js'

const memory = testMemory()
const TYPES: readonly SqlType[] = [BIGINT, INTEGER, VARCHAR]

/** A number whose product with an odd one ends in 1, by 64 bits. */
function inverse(odd: bigint): bigint {
  let found = odd
  for (let bits = 3; bits < 64; bits *= 2) {
    found = BigInt.asUintN(64, found * (2n - BigInt.asUintN(64, odd * found)))
  }
  return found
}

/** Keys above a smallest one of 0 whose first slots are the last of a part or of the table: most find no place there. */
const AT_ENDS: readonly bigint[] = [
  0n,
  ...Array.from({ length: 12_000 }, (_, i) => {
    const hash = (i % 2 === 0 ? 1n << 63n : 1n << 64n) - 1n - (BigInt(i) << 32n)
    const mixed = BigInt.asUintN(64, hash * inverse(BigInt.asUintN(64, HASH_MULTIPLIER)))
    return (mixed ^ (mixed >> 32n)) - 1n
  }).filter((key) => key >= 0n && key < 1n << 60n),
]

/** Keys of a row: what they address, how often they come, and in which order, differs. */
const KEYS: Readonly<Record<string, (random: Random, row: number, rows: number) => Value>> = {
  'one after the other': (_, row) => BigInt(row) - 1000n,
  'at random, dense': (random, _, rows) => BigInt(random.below(rows)),
  'at random, sparse': (random, _, rows) => BigInt(random.below(rows * 100)),
  'one key of most rows': (random, row, rows) =>
    random.chance(0.9) ? 7n : BigInt(row) * 40n - BigInt(rows),
  'few keys': (random) => BigInt(random.below(20)),
  'of any size': (random) => BigInt(random.below(2 ** 31)) ** 2n,
  'at random, hashed': (random) => BigInt(random.below(15_000)) * 7919000003n - 10n ** 13n,
  'at the ends of parts': (random) => AT_ENDS[random.below(AT_ENDS.length)]!,
  null: () => null,
}

const columnsOf = (state: JoinBuildState) => sharedPages(memory).read(state.words, TYPES)

function alone(spec: JoinIndexSpec, pages: ReturnType<typeof pagesOf>): JoinBuildState {
  const sink = new JoinIndexSink(spec, testContext(memory), pageCopier(memory.createArena()))
  for (const page of pages) sink.add(page)
  const state = sink.finish()
  sink.close()
  return state
}

/** Rows of each probed key, in the order of their chain. */
function found(state: JoinBuildState, keys: readonly number[], probe: readonly Row[]) {
  const arena = memory.createArena()
  const createArena = () => memory.createArena()
  const types = keys.map((channel) => TYPES[channel]!)
  const reader = new JoinIndexReader(state.index, types, memory.allocator.memory, createArena)
  const [page] = pagesOf(memory, TYPES, probe, probe.length)
  const blocks = keys.map((channel) => page!.blocks[channel]!)
  const first = [...reader.find(blocks, probe.length, arena).subarray(0, probe.length)]
  reader.close()
  const { next, rowCount } = state.index
  if (next === 0) return first
  const chains = new Int32Array(memory.allocator.memory.buffer, next, rowCount)
  return { first, chains: new Map(first.filter((r) => r >= 0).map((r) => [r, chain(chains, r)])) }
}

function chain(next: Int32Array, first: number): string {
  const rows: number[] = []
  for (let row = first; row >= 0; row = next[row]! - 1) rows.push(row)
  return rows.join()
}

for (const [name, keyOf] of Object.entries(KEYS)) {
  test(`drivers build together what one builds alone: keys ${name}, from seed ${SEED}`, () => {
    for (let seed = SEED; seed < SEED + 2; seed++) {
      memory.releaseAll()
      const random = createRandom(seed)
      const isLeft = name === 'at the ends of parts'
      const rowCount = isLeft ? 40_000 : random.pick([0, 300, 20_000, 40_000])
      const build: Row[] = Array.from({ length: rowCount }, (_, row) => [
        random.chance(0.05) ? null : keyOf(random, row, rowCount),
        random.chance(0.05) ? null : random.below(50),
        `text ${random.below(9)}`,
      ])
      const keyChannels = isLeft ? [0] : random.pick([[0], [1], [0, 1], [1, 0], [2, 1], [2]])
      const spec: JoinIndexSpec = {
        types: TYPES,
        keyChannels,
        keysOnly: random.chance(0.3),
        marksMatches: random.chance(0.3),
        filterKeys: keyChannels.map((_, key) => key),
        stablePages: random.chance(0.5),
      }
      const pages = pagesOf(memory, TYPES, build, random.pick([90, 1111, 16_384, 65_536]))
      const one = alone(spec, pages)
      const driverCount = random.pick([2, 3, 5])
      const several = builtTogether(memory, spec, pages, driverCount, (n) => random.below(n))
      const context = `seed ${seed}, keys ${keyChannels}, ${rowCount} rows`
      const missing: Row[] = Array.from({ length: 200 }, () => [
        BigInt(random.below(2 ** 31)) - 1000n,
        random.below(99),
        'missing',
      ])
      const probe = [...build.slice(0, 2000), ...missing]
      const { rowCount: rows, hasNullKey } = one.index
      expect(several.index, context).toMatchObject({ rowCount: rows, hasNullKey })
      expect(several.index.next === 0, context).toBe(one.index.next === 0)
      expect(found(several, keyChannels, probe), context).toEqual(found(one, keyChannels, probe))
      expect(several.marks !== 0, context).toBe(one.marks !== 0)
      const withoutPlace = ({ filters }: JoinBuildState) =>
        filters.map((f) => ({ ...f, integers: { ...f?.integers, bits: 0 } }))
      expect(withoutPlace(several), context).toEqual(withoutPlace(one))
      const kept = TYPES.map((_, c) => c).filter((c) => !spec.keysOnly || keyChannels.includes(c))
      const [a, b] = [columnsOf(one), columnsOf(several)]
      const sample = ({ blocks }: Page) =>
        kept.map((c) => build.flatMap((_, row) => (row % 7 > 0 ? [] : readValue(blocks[c]!, row))))
      expect(sample(b), context).toEqual(sample(a))
    }
  })
}

test('a driver that is late finds nothing to do, and one that has failed holds nobody up for ever', () => {
  memory.releaseAll()
  const rows: Row[] = Array.from({ length: 20_000 }, (_, row) => [BigInt(row), 1, 'a'])
  const pages = pagesOf(memory, TYPES, rows, 5000)
  const spec: JoinIndexSpec = {
    types: TYPES,
    keyChannels: [0],
    keysOnly: false,
    marksMatches: false,
    filterKeys: [0],
    stablePages: true,
  }
  // The first driver does all, the second begins when that has ended.
  const late = builtTogether(memory, spec, pages, 2, (running) => running - 1)
  expect(late.index.rowCount).toBe(20_000)
  const sink = { ...spec, kind: 'joinIndex', planNodeId: '1' } as const
  const alone = new SharedBuildSink(
    spec,
    { ...testContext(memory), driverCount: 2 },
    new Int32Array(new SharedArrayBuffer(1024)),
    sharedPages(memory),
  )
  for (const page of pages) alone.add(page)
  for (const _ of alone.prepare());
  const [whole] = wholeStates({ sink }, [alone.finish()], 2) as readonly JoinBuildState[]
  alone.close()
  expect(whole!.filters[0]!.integers!.max).toBe(19_999n)
  expect(wholeStates({ sink }, [whole], 1)).toEqual([whole])
  const words = new Int32Array(new SharedArrayBuffer(1024))
  const sinks = [0, 1].map((driverIndex) => {
    const context = { ...testContext(memory), driverIndex, driverCount: 2 }
    const sink = new SharedBuildSink(spec, context, words, sharedPages(memory))
    for (const page of pages) sink.add(page)
    return sink.prepare()
  })
  // It takes the first task and is never heard of again: the other waits in steps that can be ended.
  sinks[0]!.next()
  for (let step = 0; step < 30; step++) expect(sinks[1]!.next().done).toBe(false)
  sinks[1]!.return()
})
