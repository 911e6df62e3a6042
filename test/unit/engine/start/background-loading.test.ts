import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { loadInBackground } from '../../../../src/engine/start/background-loading.js'

const TURNS_MAX = 100

test('steps follow one another, a turn before each, up to the first that fails', async () => {
  const log: string[] = []
  const loading = loadInBackground([
    () => log.push('plain'),
    async () => {
      await nextTurn()
      log.push('slow')
    },
    () => {
      log.push('fails')
      return Promise.reject(new Error('cannot be loaded'))
    },
    () => log.push('never'),
  ])
  expect(log).toEqual([])
  for (let i = 0; i < TURNS_MAX; i++) {
    log.push('|')
    await nextTurn()
  }
  expect(log.filter((entry) => entry !== '|')).toEqual(['plain', 'slow', 'fails'])
  expect(log.slice(log.indexOf('plain'), log.indexOf('slow'))).toContain('|')
  await loading.stop()
})

test('a step that throws is the last too', async () => {
  const log: string[] = []
  loadInBackground([
    () => {
      log.push('throws')
      throw new Error('cannot be loaded')
    },
    () => log.push('never'),
  ])
  for (let i = 0; i < TURNS_MAX; i++) await nextTurn()
  expect(log).toEqual(['throws'])
})

test('stopping waits for the step under way, and lets no other begin', async () => {
  const log: string[] = []
  const loading = loadInBackground([
    async () => {
      log.push('begun')
      await nextTurn()
      await nextTurn()
      log.push('ended')
    },
    () => log.push('never'),
  ])
  for (let i = 0; i < TURNS_MAX && log.length === 0; i++) await nextTurn()
  await loading.stop()
  expect(log).toEqual(['begun', 'ended'])
  for (let i = 0; i < 3; i++) await nextTurn()
  expect(log).toEqual(['begun', 'ended'])
  const never = loadInBackground([() => log.push('never')])
  await never.stop()
  await nextTurn()
  expect(log).toEqual(['begun', 'ended'])
})
