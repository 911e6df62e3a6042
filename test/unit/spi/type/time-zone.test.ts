import { expect, test } from 'vitest'
import {
  timeZoneId,
  timeZoneKey,
  timeZoneOffsetSeconds,
  timeZoneOffsetsOfLocal,
} from '../../../../src/spi/type/time-zone.js'
import { TIME_ZONE_NAMES } from '../../../../src/spi/type/time-zone-names.js'

const second = (text: string): number => Date.parse(text) / 1000

test('keys and ids are inverse of each other and fit 12 bits', () => {
  const regions = TIME_ZONE_NAMES.filter(
    (name) => !/^Etc\/|^(EST|HST|MST|ROC|US\/Pacific-New)$/.test(name),
  )
  expect(regions.length).toBeGreaterThan(500)
  for (const id of ['UTC', '+05:30', '-14:00', '+14:00', '+00:01', ...regions]) {
    const key = timeZoneKey(id)!
    expect(key).toBeLessThan(4096)
    expect(timeZoneId(key)).toBe(id)
  }
})

test('names of UTC, offsets with and without a name, regions as they are written', () => {
  for (const utc of ['Zulu', 'GMT', 'Etc/GMT-0', '+00:00']) expect(timeZoneKey(utc)).toBe(0)
  const ids: Readonly<Record<string, string>> = {
    '-3': '-03:00',
    '+0530': '+05:30',
    'UTC+1': '+01:00',
    'GMT-5:30': '-05:30',
    'Etc/UTC+1': '+01:00',
    'Etc/GMT+5': '-05:00',
    'Etc/GMT-14': '+14:00',
    'America/Los_Angeles': 'America/Los_Angeles',
  }
  for (const [id, expected] of Object.entries(ids))
    expect(timeZoneId(timeZoneKey(id)!)).toBe(expected)
  const bad = [
    'nope',
    '+14:01',
    '+1:99',
    '+5:30',
    '',
    'Europe/Berli',
    'america/new_york',
    'utc',
    'utc+3',
    'EST',
  ]
  for (const id of bad) expect(timeZoneKey(id), id).toBeUndefined()
})

test('offsets change at the second of the transition', () => {
  const berlin = (text: string) => timeZoneOffsetSeconds('Europe/Berlin', second(text))
  expect(berlin('2020-03-29T00:59:59Z')).toBe(3600)
  expect(berlin('2020-03-29T01:00:00Z')).toBe(7200)
  expect(berlin('2020-10-25T00:59:59Z')).toBe(7200)
  expect(berlin('2020-10-25T01:00:00Z')).toBe(3600)
  expect(berlin('1890-01-01T00:00:00Z')).toBe(3208)
  expect(berlin('-000400-01-01T00:00:00Z')).toBe(3208)
  expect(timeZoneOffsetSeconds('-05:30', 0)).toBe(-19_800)
  expect(timeZoneOffsetSeconds('Asia/Kolkata', 0)).toBe(19_800)
})

test('offsets agree with the runtime at random instants', () => {
  const seed = Date.now() % 100_000
  console.log(`seed ${seed}`)
  let state = seed
  const random = () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
  for (let i = 0; i < 300; i++) {
    const id = TIME_ZONE_NAMES[Math.floor(random() * TIME_ZONE_NAMES.length)]!
    const instant = Math.floor((random() * 200 - 100) * 366 * 86_400)
    const text = new Intl.DateTimeFormat('sv-SE', {
      timeZone: id,
      dateStyle: 'short',
      timeStyle: 'medium',
    }).format(instant * 1000)
    const local = Date.parse(`${text.replace(' ', 'T')}Z`) / 1000
    expect(timeZoneOffsetSeconds(id, instant), `${id} at ${instant}`).toBe(local - instant)
  }
})

test('local times in gaps and overlaps', () => {
  const offsets = (text: string) => timeZoneOffsetsOfLocal('Europe/Berlin', second(text))
  expect(offsets('2020-03-29T02:30:00Z')).toEqual([])
  expect(offsets('2020-10-25T02:30:00Z')).toEqual([7200, 3600])
  expect(offsets('2020-07-01T12:00:00Z')).toEqual([7200])
})
