import { expect, test, vi } from 'vitest'
import { allBegun, Turns } from '../../../src/dataflow/turns.js'

/** Longer than what the event loop may be kept waiting for. */
const work = (): void => {
  const until = performance.now() + 6
  while (performance.now() < until);
}

test('those that go on side by side take turns', async () => {
  const turns = new Turns()
  const taken: number[] = []
  const results = [0, 1, 2].map(async (result) => {
    for (let page = 0; page < 500; page++) {
      await turns.take(0)
      taken.push(result)
    }
  })
  await Promise.all(results)
  expect(taken).toEqual(Array.from({ length: 1500 }, (_, i) => i % 3))
})

test('who has taken many turns gets them less often, but gets them', async () => {
  const turns = new Turns()
  const taken = { young: 0, old: 0 }
  let isOver = false
  const waiter = async (name: 'young' | 'old', takenCount: number) => {
    while (!isOver) {
      await turns.take(takenCount)
      taken[name]++
      isOver = taken.young + taken.old >= 300
    }
  }
  await Promise.all([waiter('old', 1000), waiter('young', 0)])
  expect(taken.young / taken.old).toBeCloseTo(8, 0)
})

test('a level that nobody waited in has saved nothing up', async () => {
  const turns = new Turns()
  for (let i = 0; i < 100; i++) await turns.take(0)
  const order: string[] = []
  const waiter = async (name: string, takenCount: number) => {
    for (let i = 0; i < 8; i++) {
      await turns.take(takenCount)
      order.push(name)
    }
  }
  await Promise.all([waiter('young', 0), waiter('old', 1000)])
  expect(order.slice(0, 9).filter((name) => name === 'old')).toHaveLength(1)
})

test('what one does between two passes counts, whatever others do', async () => {
  const turns = new Turns()
  const [one, other] = [turns.taker(), turns.taker()]
  expect(one.isDue).toBe(false)
  work()
  expect(one.isDue).toBe(true)
  expect(other.isDue).toBe(false)
  await one.take()
  expect(one.isDue).toBe(false)
  work()
  // The loop passes by itself as well.
  await new Promise((resolve) => setTimeout(resolve))
  await new Promise((resolve) => setTimeout(resolve))
  expect(one.isDue).toBe(false)
})

test('what begins in a pass of the loop is told how long that has been worked in', async () => {
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
  const turns = new Turns(3)
  const due = [turns.isPassDue]
  now += 2
  due.push(turns.isPassDue)
  now += 2
  due.push(turns.isPassDue)
  const turn = turns.take(0)
  due.push(turns.isPassDue)
  await turn
  due.push(turns.isPassDue)
  clock.mockRestore()
  expect(due, 'at once, in a turn, after it, while somebody waits, in the next pass').toEqual([
    false,
    false,
    true,
    false,
    false,
  ])
})

test('what is short goes on in one pass', async () => {
  const turns = new Turns()
  const passes = await Promise.all(
    Array.from({ length: 20 }, async () => {
      await turns.take(0)
      return turns.loopPass
    }),
  )
  expect(new Set(passes).size).toBeLessThan(5)
})

test('timers fire between any two turns', async () => {
  const turns = new Turns()
  const done: string[] = []
  const worker = async (name: string) => {
    for (let piece = 0; piece < 3; piece++) {
      work()
      done.push(name)
      await turns.take(0)
    }
  }
  const timer = setInterval(() => done.push('timer'))
  await Promise.all([worker('a'), worker('b'), worker('c')])
  clearInterval(timer)
  expect(done.filter((name) => name !== 'timer')).toEqual([...'abcabcabc'])
  // The first pieces are done at once, and all go on only after a pass of the loop.
  done.slice(3).forEach((name, i, rest) => {
    if (name !== 'timer') expect([name, rest[i - 1] ?? 'timer']).toEqual([name, 'timer'])
  })
})

test('who lets others begin goes on after all that waits for nothing, and before the event loop does', async () => {
  const done: string[] = []
  const timer = setImmediate(() => done.push('loop'))
  const other = async () => {
    for (let step = 0; step < 50; step++) await Promise.resolve()
    done.push('other')
  }
  await Promise.all([allBegun().then(() => done.push('own')), other()])
  clearImmediate(timer)
  expect(done).toEqual(['other', 'own'])
})
