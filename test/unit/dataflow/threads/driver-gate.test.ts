import { expect, test } from 'vitest'
import { DriverStates } from '../../../../src/dataflow/task/driver-states.js'
import { beginsDriver, closeGate } from '../../../../src/dataflow/threads/driver-gate.js'

test('drivers begin until the gate is closed, which tells how many have', () => {
  const words = new Int32Array(new SharedArrayBuffer(8))
  expect([beginsDriver(words, 1), beginsDriver(words, 1)]).toEqual([true, true])
  expect(closeGate(words, 1)).toBe(2)
  expect(beginsDriver(words, 1)).toBe(false)
  expect(closeGate(words, 1)).toBe(2)
  expect(closeGate(words, 0)).toBe(0)
  expect(beginsDriver(words, 0)).toBe(false)
})

test('a pipeline waits for the drivers that have begun, and for all while there is something to do', async () => {
  let begun: number | undefined
  const states = new DriverStates(4, () => begun)
  let ended: readonly unknown[] | undefined
  void states.all.then((all) => {
    ended = all
  })
  const add = async (state: string) => {
    states.add(state)
    await Promise.resolve()
    return ended
  }
  expect(await add('a')).toBe(undefined)
  begun = 3
  expect(await add('b')).toBe(undefined)
  expect(await add('c')).toEqual(['a', 'b', 'c'])

  const whole = new DriverStates(2, () => undefined)
  whole.add(1)
  whole.add(2)
  expect(await whole.all).toEqual([1, 2])
})
