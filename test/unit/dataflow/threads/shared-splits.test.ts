import { describe, expect, test } from 'vitest'
import { SharedSplits } from '../../../../src/dataflow/threads/shared-splits.js'
import fc from '../../../support/fast-check.js'

const noMore = () => Promise.resolve({ splits: [], last: true })

/** Drivers that share scans of so many splits: split i of scan s is 1000 s + i. */
function drivers(
  driverCount: number,
  splitCounts: readonly number[],
  inRuns: boolean,
): readonly SharedSplits[] {
  const scans = splitCounts.map((count, scanId) => ({
    scanId,
    splits: Array.from({ length: count }, (_, i) => scanId * 1000 + i),
    complete: true,
  }))
  const taken = new Int32Array(new SharedArrayBuffer(4 * scans.length))
  return Array.from(
    { length: driverCount },
    () => new SharedSplits({ scans, taken, driverCount, inRuns, requestSplits: noMore }),
  )
}

describe('splits that drivers share', () => {
  test('each is given once, whoever asks when, and a run has neighbours in their order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        fc.infiniteStream(fc.nat()),
        (driverCount, splitCounts, inRuns, asks) => {
          const all = drivers(driverCount, splitCounts, inRuns)
          const scanOf = all.map(() => 0)
          const given: number[] = []
          const runs = new Map<number, { readonly driver: number; readonly splits: number[] }>()
          while (scanOf.some((scan) => scan < splitCounts.length)) {
            const driver = asks.next().value! % driverCount
            const scan = scanOf[driver]!
            if (scan === splitCounts.length) continue
            const split = all[driver]!.next(scan) as number | undefined
            if (split === undefined) {
              scanOf[driver] = scan + 1
              continue
            }
            given.push(split)
            const { run } = all[driver]!
            const known = runs.get(run) ?? { driver, splits: [] }
            runs.set(run, known)
            known.splits.push(split)
            expect(known.driver).toBe(driver)
          }
          const whole = splitCounts.flatMap((count, scan) =>
            Array.from({ length: count }, (_, i) => scan * 1000 + i),
          )
          expect([...given].sort((a, b) => a - b)).toEqual(whole)
          const inOrder = [...runs].sort(([a], [b]) => a - b).flatMap(([, { splits }]) => splits)
          expect(inOrder).toEqual(whole)
          if (!inRuns) expect(runs.size).toBe(whole.length)
        },
      ),
    )
  })

  test('the first runs are long, and the last are of one split', () => {
    const [one, other] = drivers(2, [48], true)
    expect([one!.next(0), one!.heldCount(0)]).toEqual([0, 11])
    expect([other!.next(0), other!.heldCount(0), other!.run]).toEqual([12, 8, 12])
    const ends: number[] = []
    for (let split = other!.next(0); split !== undefined; split = other!.next(0)) {
      if (other!.heldCount(0) === 0) ends.push(split as number)
    }
    expect(ends).toEqual([20, 27, 32, 36, 39, 41, 43, 44, 45, 46, 47])
  })

  test('splits that were not known when the pipeline began are asked for', async () => {
    const batches = [
      { splits: ['c', 'd'], last: false },
      { splits: ['e'], last: true },
    ]
    const [taken, driverCount] = [new Int32Array(new SharedArrayBuffer(4)), 1]
    const scans = [{ scanId: 7, splits: ['a', 'b'], complete: false }]
    const requestSplits = async () => batches.shift()!
    const splits = new SharedSplits({ scans, taken, driverCount, inRuns: true, requestSplits })
    const given: unknown[] = []
    for (let split = splits.next(7); split !== undefined; split = await splits.next(7)) {
      given.push(await split)
    }
    expect(given).toEqual(['a', 'b', 'c', 'd', 'e'])
  })
})
