import { describe, expect, it } from 'vitest'
import { isTurnDue, turn } from '../../../src/dataflow/thread-turns.js'

/** Longer than what the event loop may be kept waiting for. */
const work = (): void => {
  const until = performance.now() + 6
  while (performance.now() < until);
}

describe('turns of a thread', () => {
  it('counts what all of the thread do together', async () => {
    await new Promise((resolve) => setImmediate(resolve))
    expect(isTurnDue()).toBe(false)
    work()
    expect(isTurnDue()).toBe(true)
    await turn()
    expect(isTurnDue()).toBe(false)
  })

  it('begins anew once the event loop has turned by itself', async () => {
    isTurnDue()
    work()
    await new Promise((resolve) => setTimeout(resolve))
    expect(isTurnDue()).toBe(false)
  })

  it('has timers fire between any two pieces of work, which are done first come, first served', async () => {
    const done: string[] = []
    const worker = async (name: string) => {
      for (let piece = 0; piece < 3; piece++) {
        while (!isTurnDue()) work()
        done.push(name)
        await turn()
      }
    }
    const timer = setInterval(() => done.push('timer'))
    await Promise.all([worker('a'), worker('b'), worker('c')])
    clearInterval(timer)
    const workers = done.filter((name) => name !== 'timer')
    expect(workers).toEqual([...'abcabcabc'])
    // The first is done at once, and all go on only after a pass of the loop.
    done.slice(3).forEach((name, i, rest) => {
      if (name !== 'timer') expect([name, rest[i - 1] ?? 'timer']).toEqual([name, 'timer'])
    })
  })
})
