import { assert } from '../assert.js'
import { TIME_ZONE_NAMES } from './time-zone-names.js'

/**
 * Time zones by a key of 12 bits, as TIMESTAMP WITH TIME ZONE carries them: 0 is UTC; 841 + m is the offset of
 * m minutes, -840 to 840 and not 0; 1682 + i is region i of {@link TIME_ZONE_NAMES}.
 */
export type TimeZoneKey = number

export const UTC_KEY: TimeZoneKey = 0
export const MAX_OFFSET_MINUTES = 840

const FIRST_REGION_KEY = 2 * MAX_OFFSET_MINUTES + 2
const OFFSET_BIAS = MAX_OFFSET_MINUTES + 1

/** Other names of UTC. @source Trino TimeZoneKey.isUtcZoneId */
const UTC_NAMES = new Set(
  'UTC Z UT UCT GMT GMT0 GMT+0 GMT-0 Greenwich Universal Zulu Etc/UTC Etc/GMT Etc/GMT+0 Etc/GMT-0 Etc/GMT0 Etc/Universal Etc/UCT'.split(
    ' ',
  ),
)

/** Regions that Trino's Java no longer has: abbreviations, and names that were taken out. */
const RETIRED_NAMES = new Set('EST HST MST ROC US/Pacific-New Etc/Greenwich Etc/Zulu'.split(' '))

const keysByName = new Map(
  TIME_ZONE_NAMES.map((name, index): [string, TimeZoneKey] => [name, FIRST_REGION_KEY + index]),
)

/** An hour of one digit stands without minutes, but after a name. */
const OFFSET_PATTERN =
  /^(?:(?:(?:Etc\/)?UTC|GMT|UT)([+-])(\d{1,2})(?::?(\d{2}))?|([+-])(?:(\d{1,2})|(\d{2}):?(\d{2})))$/
/** Regions that are an offset, with the sign turned round. */
const GMT_PATTERN = /^Etc\/GMT([+-])(\d{1,2})$/

/**
 * Finds the key of a zone: a region as it is written, a name of UTC, or an offset such as `+05:30`, `-3`,
 * `UTC+1`. Undefined where there is no such zone.
 * @source Trino TimeZoneKey.getTimeZoneKey
 */
export function timeZoneKey(id: string): TimeZoneKey | undefined {
  if (UTC_NAMES.has(id)) return UTC_KEY
  if (RETIRED_NAMES.has(id)) return undefined
  const region = keysByName.get(id)
  if (region !== undefined) {
    const gmt = GMT_PATTERN.exec(id)
    if (gmt === null) return region
    return timeZoneKeyOfOffset((gmt[1] === '+' ? -60 : 60) * Number(gmt[2]))
  }
  const match = OFFSET_PATTERN.exec(id)
  if (match === null) return undefined
  const sign = match[1] ?? match[4]
  const minute = Number(match[3] ?? match[7] ?? 0)
  const minutes = Number(match[2] ?? match[5] ?? match[6]) * 60 + minute
  if (minutes > MAX_OFFSET_MINUTES || minute > 59) return undefined
  return timeZoneKeyOfOffset(sign === '-' ? -minutes : minutes)
}

/** The key of an offset in minutes, -840 to 840. */
export function timeZoneKeyOfOffset(offsetMinutes: number): TimeZoneKey {
  assert(Math.abs(offsetMinutes) <= MAX_OFFSET_MINUTES, 'zone offset beyond 14 hours')
  return offsetMinutes === 0 ? UTC_KEY : OFFSET_BIAS + offsetMinutes
}

/** The canonical name of a zone: `UTC`, `+05:30` or a region. */
export function timeZoneId(key: TimeZoneKey): string {
  if (key === UTC_KEY) return 'UTC'
  if (key < FIRST_REGION_KEY) return offsetId(key - OFFSET_BIAS)
  const name = TIME_ZONE_NAMES[key - FIRST_REGION_KEY]
  assert(name !== undefined, `time zone key ${key}`)
  return name
}

function offsetId(minutes: number): string {
  const size = Math.abs(minutes)
  const hour = String(Math.floor(size / 60)).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${hour}:${String(size % 60).padStart(2, '0')}`
}

/** The offset from UTC, in seconds, of a zone (its canonical id) at an instant (seconds since the epoch, rounded down). */
export function timeZoneOffsetSeconds(id: string, epochSecond: number): number {
  if (id === 'UTC') return 0
  const first = id.charCodeAt(0)
  if (first === 43 || first === 45) {
    const minutes = Number(id.slice(1, 3)) * 60 + Number(id.slice(4, 6))
    return (first === 45 ? -minutes : minutes) * 60
  }
  return regionOf(id).offsetSeconds(epochSecond)
}

/**
 * The offsets, in seconds and in the order of the instants they give, at which a zone's clocks show a local time
 * (seconds since 1970-01-01 00:00 local): none in a gap, two where clocks were put back.
 */
export function timeZoneOffsetsOfLocal(id: string, localSecond: number): readonly number[] {
  const before = timeZoneOffsetSeconds(id, localSecond - 86_400)
  const after = timeZoneOffsetSeconds(id, localSecond + 86_400)
  const offsets: number[] = []
  for (const offset of before === after ? [before] : [before, after]) {
    if (timeZoneOffsetSeconds(id, localSecond - offset) === offset) offsets.push(offset)
  }
  return offsets
}

/** Offsets are kept by spans of 2^20 seconds (12 days), in which a zone changes its clocks at most once. */
const SPAN_BITS = 20
const SPAN_SECONDS = 2 ** SPAN_BITS
/** Spans kept a zone: all of 1900 to 2100 are 6,000. */
const MAX_SPANS = 16_384

interface Span {
  readonly before: number
  /** The first second at which `after` holds; Infinity where nothing changes. */
  readonly change: number
  readonly after: number
}

interface Region {
  offsetSeconds(epochSecond: number): number
}

const regions = new Map<string, Region>()

function regionOf(id: string): Region {
  let region = regions.get(id)
  if (region === undefined) {
    region = createRegion(id)
    regions.set(id, region)
  }
  return region
}

function createRegion(id: string): Region {
  const spans = new Map<number, Span>()
  const exact = exactOffset(id)
  const findSpan = (index: number): Span => {
    let low = index * SPAN_SECONDS
    let high = low + SPAN_SECONDS - 1
    const before = exact(low)
    const after = exact(high)
    if (before === after) return { before, change: Number.POSITIVE_INFINITY, after }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (exact(middle) === before) low = middle
      else high = middle
    }
    return { before, change: high, after }
  }
  return {
    offsetSeconds(epochSecond) {
      const index = Math.floor(epochSecond / SPAN_SECONDS)
      let span = spans.get(index)
      if (span === undefined) {
        if (spans.size >= MAX_SPANS) spans.clear()
        span = findSpan(index)
        spans.set(index, span)
      }
      return epochSecond < span.change ? span.before : span.after
    },
  }
}

/** The last instant that Date can hold: later ones have its offset. */
const LAST_SECOND = 8.64e12
/** 1700-01-01, before any zone's first change of its clocks: earlier instants have its offset. */
const FIRST_SECOND = -8_520_336_000

/** Asks the runtime's time zone database; some microseconds a call. */
function exactOffset(id: string): (epochSecond: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: id,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  })
  return (epochSecond) => {
    const second = Math.max(FIRST_SECOND, Math.min(LAST_SECOND, epochSecond))
    const fields: Record<string, number> = {}
    for (const part of format.formatToParts(second * 1000)) fields[part.type] = Number(part.value)
    const local = new Date(0)
    local.setUTCFullYear(fields['year']!, fields['month']! - 1, fields['day']!)
    local.setUTCHours(fields['hour']!, fields['minute']!, fields['second']!)
    return local.getTime() / 1000 - second
  }
}
