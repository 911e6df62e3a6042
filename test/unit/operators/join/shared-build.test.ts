import { expect, test } from 'vitest'
import { wholeStates } from '../../../../src/dataflow/joined-build.js'
import { pageCopier } from '../../../../src/dataflow/page-sink.js'
import { allocateInt32 } from '../../../../src/expressions/wasm/buffers.js'
import { JoinIndexReader } from '../../../../src/operators/join/join-index.js'
import {
  type JoinBuildState,
  JoinIndexSink,
  type JoinIndexSpec,
} from '../../../../src/operators/join/join-index-sink.js'
import { SharedBuildSink } from '../../../../src/operators/join/shared-build.js'
import { stringPartitionKernels } from '../../../../src/operators/join/string-partition-kernels.js'
import { flattenBlock } from '../../../../src/operators/kernels/gather.js'
import { HASH_MULTIPLIER } from '../../../../src/operators/keys/key-kernels.js'
import {
  BIGINT,
  DOUBLE,
  type FlatBlock,
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
const LONG_DECIMAL: SqlType = { kind: 'decimal', precision: 30, scale: 2 }
const TYPES: readonly SqlType[] = [BIGINT, INTEGER, VARCHAR, VARCHAR, DOUBLE, LONG_DECIMAL, BIGINT]

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
  const chains =
    next === 0 ? undefined : new Int32Array(memory.allocator.memory.buffer, next, rowCount)
  return { first, chains: new Map(first.filter((r) => r >= 0).map((r) => [r, chain(chains, r)])) }
}

function chain(next: Int32Array | undefined, first: number): string {
  const rows: number[] = []
  for (let row = first; row >= 0; row = (next?.[row] ?? 0) - 1) rows.push(row)
  return rows.join()
}

/** Compares what several drivers build with what one does. */
function compare(
  random: Random,
  build: readonly Row[],
  keyChannels: readonly number[],
  context: string,
  encode: (page: Page) => Page = (page) => page,
): JoinBuildState {
  const spec: JoinIndexSpec = {
    types: TYPES,
    keyChannels,
    keysOnly: random.chance(0.3),
    marksMatches: random.chance(0.3),
    filterKeys: keyChannels.map((_, key) => key),
    stablePages: random.chance(0.5),
  }
  const pageRows = random.pick([90, 1111, 16_384, 65_536])
  const pages = pagesOf(memory, TYPES, build, pageRows).map(encode)
  const one = alone(spec, pages)
  const driverCount = random.pick([2, 3, 5])
  const several = builtTogether(memory, spec, pages, driverCount, (n) => random.below(n))
  const missing: Row[] = Array.from({ length: 200 }, () => [
    BigInt(random.below(2 ** 31)) - 1000n,
    random.below(99),
    random.pick(['missing', 'text 1']),
    random.pick(['missing', '']),
    random.pick([0.1, Number.NaN, -0, null]),
    7n,
    1n,
  ])
  const probe = [...build.slice(0, 2000), ...missing]
  const { rowCount: rows, hasNullKey } = one.index
  expect(several.index, context).toMatchObject({ rowCount: rows, hasNullKey })
  // Rows without a value are left out where that costs nothing; then they are no reason for chains.
  if (!hasNullKey) expect(several.index.next === 0, context).toBe(one.index.next === 0)
  const [expected, actual] = [one, several].map((state) => found(state, keyChannels, probe))
  expect(actual, context).toEqual(expected)
  expect(several.marks !== 0, context).toBe(one.marks !== 0)
  const withoutPlace = ({ filters }: JoinBuildState) =>
    filters.map((f) => ({ ...f, integers: { ...f?.integers, bits: 0 } }))
  expect(withoutPlace(several), context).toEqual(withoutPlace(one))
  const kept = TYPES.map((_, c) => c).filter((c) => !spec.keysOnly || keyChannels.includes(c))
  const [a, b] = [columnsOf(one), columnsOf(several)]
  const sample = ({ blocks }: Page) =>
    kept.map((c) => build.flatMap((_, row) => (row % 7 > 0 ? [] : readValue(blocks[c]!, row))))
  expect(sample(b), context).toEqual(sample(a))
  return several
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
        null,
        null,
        null,
        null,
      ])
      const keyChannels = isLeft ? [0] : random.pick([[0], [1], [0, 1], [1, 0], [2, 1], [2]])
      compare(random, build, keyChannels, `seed ${seed}, keys ${keyChannels}, ${rowCount} rows`)
    }
  })
}

/** Values by the channel, of the number of a key. */
const NUMBERED_VALUES: readonly ((key: number) => Value)[] = [
  (key) => BigInt(key) * 100n,
  (key) => key % 7,
  (key) => `text ${key % 9}`,
  (key) => (key % 11 === 0 ? '' : `${key % 3 === 0 ? 'a long text for key ' : 'k'}${key}`),
  (key) => [-0, 0, Number.NaN, key / 8][Math.min(key, 3)]!,
  (key) => BigInt(key) * 10n ** 20n,
  (key) => BigInt.asIntN(64, BigInt(key) * 0x9e3779b97f4a7c15n),
]

/** Keys that are numbered first: of one column or several, which a word holds together or not. */
const NUMBERED: Readonly<Record<string, readonly number[]>> = {
  text: [3],
  'text of a dictionary': [2],
  double: [4],
  'long decimal': [5],
  'integers that no range holds': [6],
  'text of a dictionary and a text': [2, 3],
  'two texts and an integer': [3, 2, 1],
  'wide integers, double and integer': [6, 4, 1],
  'four columns, of which three take a word': [3, 4, 5, 0, 6],
}

/** A page whose third column has the codes of a dictionary that all pages share. */
function withDictionary(page: Page, dictionary: FlatBlock, dictionaryId: string): Page {
  const { rowCount } = page
  const texts = page.blocks[2]!
  const entries = Array.from({ length: dictionary.rowCount }, (_, i) => readValue(dictionary, i))
  const codes = allocateInt32(memory.createArena(), rowCount)
  for (let row = 0; row < rowCount; row++) {
    codes[row] = Math.max(0, entries.indexOf(readValue(texts, row)))
  }
  const { type } = dictionary
  const { validity } = flattenBlock(texts, memory.createArena())
  const coded = { encoding: 'dictionary', type, rowCount, dictionary, dictionaryId } as const
  return { rowCount, blocks: page.blocks.with(2, { ...coded, codes, validity }) }
}

for (const [name, keyChannels] of Object.entries(NUMBERED)) {
  test(`drivers number keys together: ${name}, from seed ${SEED}`, () => {
    for (const [i, rowCount] of [1, 300, 34_000].entries()) {
      memory.releaseAll()
      const seed = SEED + i
      const random = createRandom(seed)
      const keyCount = random.pick([5, rowCount / 3, rowCount * 10])
      // Without any value a column of integers is a range.
      const isAllNull = rowCount === 300 && !keyChannels.includes(6)
      const nullRate = random.pick(isAllNull ? [0, 0.02, 1] : [0, 0.02])
      const cell = (channel: number, make: (key: number) => Value, key: number): Value =>
        keyChannels.includes(channel) && !random.chance(nullRate) ? make(key) : null
      const build: Row[] = Array.from({ length: rowCount }, () => {
        const key = random.below(keyCount)
        return NUMBERED_VALUES.map((make, channel) => cell(channel, make, key))
      })
      const [texts] = pagesOf(
        memory,
        [VARCHAR],
        Array.from({ length: 9 }, (_, n) => [`text ${n}`]),
        9,
      )
      const dictionary = flattenBlock(texts!.blocks[0]!, memory.createArena())
      const encode = (page: Page) => withDictionary(page, dictionary, `d${seed}`)
      const context = `seed ${seed}, keys ${keyChannels}, ${rowCount} rows`
      const built = compare(
        random,
        build,
        keyChannels,
        context,
        keyChannels.includes(2) ? encode : undefined,
      )
      // Numbers are those of rows, or of entries, where drivers have given them together.
      const counts = built.index.encoder!.columns.map((column) =>
        column.kind === 'bytes' || column.kind === 'int64' ? column.table.count : undefined,
      )
      expect(counts, context).toEqual(
        keyChannels.map((channel) =>
          channel < 2 || (channel === 6 && rowCount === 1)
            ? undefined
            : channel === 2
              ? 9
              : rowCount,
        ),
      )
    }
  })
}

test(`texts that find no place in their part of the table, from seed ${SEED}`, () => {
  memory.releaseAll()
  const random = createRandom(SEED)
  const texts = Array.from({ length: 100_000 }, (_, i) => `k${i}`)
  const [page] = pagesOf(
    memory,
    [VARCHAR],
    texts.map((text) => [text]),
    texts.length,
  )
  const arena = memory.createArena()
  const strings = flattenBlock(page!.blocks[0]!, arena)
  expect(strings.storage).toBe('bytes')
  if (strings.storage !== 'bytes') return
  const hashes = arena.allocate(texts.length * 8)
  stringPartitionKernels(memory.allocator.memory).hash(
    strings.offsets.byteOffset,
    strings.bytes.byteOffset,
    texts.length,
    hashes.byteOffset,
  )
  // The table of 34,000 rows has parts of 2^16 slots.
  const low = new Uint16Array(hashes.buffer, hashes.byteOffset, texts.length * 4)
  const atEnds = texts.filter((_, i) => low[i * 4]! >= 0xffc0)
  expect(atEnds.length).toBeGreaterThan(64)
  const build: Row[] = Array.from({ length: 34_000 }, () => [
    ...[null, null, null, random.pick(random.chance(0.5) ? atEnds : texts)],
    ...[null, null, null],
  ])
  compare(random, build, [3], 'texts at the ends of parts')
})

test('a driver that is late finds nothing to do, and one that has failed holds nobody up for ever', () => {
  memory.releaseAll()
  const rows: Row[] = Array.from({ length: 20_000 }, (_, row) => [
    BigInt(row),
    1,
    'a',
    'b',
    0.5,
    1n,
    1n,
  ])
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
