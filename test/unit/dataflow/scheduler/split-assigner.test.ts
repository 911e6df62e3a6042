import { describe, expect, test } from 'vitest'
import { SplitAssigner } from '../../../../src/dataflow/scheduler/split-assigner.js'
import { type ConnectorSplit, lazySplitSource } from '../../../../src/spi/index.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'

interface NumberedSplit extends ConnectorSplit {
  readonly number: number
}

const NODES = new Map([
  ['a', 'a'],
  ['host-a:80', 'a'],
  ['b', 'b'],
  ['c', 'c'],
])

function assignerOf(splits: Iterable<NumberedSplit>, taskCount = 3) {
  let closed = 0
  const source = lazySplitSource(splits)
  const assigner = new SplitAssigner(
    async () => ({
      ...source,
      close() {
        closed++
        return source.close()
      },
    }),
    NODES,
    taskCount,
  )
  return { assigner, closedTimes: () => closed }
}

const numbersOf = (splits: readonly ConnectorSplit[]): number[] =>
  (splits as readonly NumberedSplit[]).map((split) => split.number)

describe('splits', () => {
  const seed = SEED
  test(`each goes to one task, and to its node where it must, seed ${seed}`, async () => {
    const random = createRandom(seed)
    for (let round = 0; round < 50; round++) {
      const count = random.pick([0, 1, 10, 2500])
      const splits = Array.from({ length: count }, (_, number): NumberedSplit => {
        const address = random.pick(['a', 'host-a:80', 'b', 'c', 'elsewhere'])
        if (random.chance(0.3) && address !== 'elsewhere') {
          return { number, addresses: [address], remotelyAccessible: false }
        }
        return random.chance(0.5) ? { number, addresses: [address] } : { number }
      })
      const { assigner, closedTimes } = assignerOf(splits)
      const taken: number[] = []
      await Promise.all(
        ['a', 'b', 'c'].map(async (node) => {
          for (;;) {
            const batch = await assigner.take(node, random.pick([1, 3, 1000]))
            for (const split of batch.splits) {
              if (split.remotelyAccessible === false) {
                expect(NODES.get(split.addresses![0]!)).toBe(node)
              }
            }
            taken.push(...numbersOf(batch.splits))
            if (batch.noMoreSplits) return
            expect(batch.splits.length).toBeGreaterThan(0)
          }
        }),
      )
      expect(taken.sort((x, y) => x - y)).toEqual(splits.map((split) => split.number))
      expect(assigner.counts).toEqual({ total: count, assigned: count })
      await assigner.close()
      await assigner.close()
      expect(closedTimes()).toBe(1)
    }
  })

  test('a task takes its own node’s first, and those of others when it has none', async () => {
    const { assigner } = assignerOf([
      { number: 0, addresses: ['b'] },
      { number: 1 },
      { number: 2, addresses: ['a'] },
    ])
    expect(numbersOf((await assigner.take('a', 1)).splits)).toEqual([2])
    expect(numbersOf((await assigner.take('a', 1)).splits)).toEqual([1])
    expect(numbersOf((await assigner.take('a', 1)).splits)).toEqual([0])
    expect(await assigner.take('b', 1)).toEqual({ splits: [], noMoreSplits: true })
  })

  test('are enumerated as they are asked for', async () => {
    let made = 0
    function* endless(): Generator<NumberedSplit> {
      for (;;) yield { number: made++ }
    }
    const { assigner, closedTimes } = assignerOf(endless())
    expect(made).toBe(0)
    await assigner.take('a', 10)
    expect(made).toBe(1000)
    await assigner.close()
    expect(closedTimes()).toBe(1)
    expect(await assigner.take('a', 10)).toEqual({ splits: [], noMoreSplits: true })
  })

  test('that only a node outside the cluster has end the query', async () => {
    const { assigner } = assignerOf([
      { number: 0, addresses: ['elsewhere'], remotelyAccessible: false },
    ])
    await expect(assigner.take('a', 1)).rejects.toMatchObject({ code: 'NO_NODES_AVAILABLE' })
  })
})
