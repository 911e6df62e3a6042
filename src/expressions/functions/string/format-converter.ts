import type { SqlType } from '../../../spi/type/type.js'
import type { Value, ZonedTimestamp } from '../../../spi/type/value.js'
import { PICOS_PER_DAY, PICOS_PER_SECOND, roundPicos } from '../../../values/civil.js'
import { javaRealText } from '../../../values/number-text.js'
import { dateText, offsetText, timestampText, timeText } from '../../../values/temporal-text.js'
import { textOf } from '../../cast/to-text.js'
import { localTimeOf } from '../../value/datetime-pattern.js'
import type { FormatArgument } from '../../value/java-format.js'

type Converter = (value: Value) => FormatArgument

const text = (value: string): FormatArgument => ({ kind: 'text', value })
const local = (picos: bigint) => ({ local: picos, zone: 'UTC', offsetSeconds: 0 })

/** java.time writes seconds only where they or what follows are not zero, and fractions by threes. */
function javaTimeText(picosOfDay: bigint): string {
  const fraction = (picosOfDay % PICOS_PER_SECOND).toString().padStart(12, '0').slice(0, 9)
  const clock = timeText(picosOfDay, 0)
  if (/^0*$/.test(fraction)) return clock.endsWith(':00') ? clock.slice(0, 5) : clock
  const digits = fraction.endsWith('000000') ? 3 : fraction.endsWith('000') ? 6 : 9
  return `${clock}.${fraction.slice(0, digits)}`
}

const javaTimestampText = (picos: bigint): string => {
  const picosOfDay = ((picos % PICOS_PER_DAY) + PICOS_PER_DAY) % PICOS_PER_DAY
  return `${timestampText(picos, 0).slice(0, -8)}`.trimEnd().concat('T', javaTimeText(picosOfDay))
}

/** What Java's formatter gets for a type; undefined for types that cannot be formatted. */
export function converterOf(type: SqlType): Converter | undefined {
  switch (type.kind) {
    case 'unknown':
      return () => ({ kind: 'null' })
    case 'boolean':
      return (value) => ({ kind: 'boolean', value: value as boolean })
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return (value) => ({ kind: 'integer', value: BigInt(value as number | bigint) })
    case 'double':
      return (value) => ({ kind: 'double', value: value as number })
    case 'real':
      // A float prints the digits of a float.
      return (value) => ({
        kind: 'double',
        value: Number(javaRealText(value as number)),
        isReal: true,
      })
    case 'decimal':
      return (value) => ({ kind: 'decimal', unscaled: value as bigint, scale: type.scale })
    case 'date':
      return (value) => ({
        kind: 'time',
        text: dateText(value as number),
        time: local(BigInt(value as number) * PICOS_PER_DAY),
        has: { date: true, time: false, zone: false },
      })
    case 'time':
      return (value) => ({
        kind: 'time',
        text: javaTimeText(roundPicos(value as bigint, 9) % PICOS_PER_DAY),
        time: local(value as bigint),
        has: { date: false, time: true, zone: false },
      })
    case 'timestamp':
      return (value) => ({
        kind: 'time',
        text: javaTimestampText(roundPicos(value as bigint, 9)),
        time: local(value as bigint),
        has: { date: true, time: true, zone: false },
      })
    case 'timestamp with time zone':
      return (value) => {
        const { picos, zone } = value as ZonedTimestamp
        const time = localTimeOf(roundPicos(picos, 9), zone)
        const offset =
          time.offsetSeconds === 0 ? 'Z' : offsetText(Math.trunc(time.offsetSeconds / 60))
        const id = /^[+-]/.test(zone) ? '' : `[${zone}]`
        const has = { date: true, time: true, zone: true }
        return { kind: 'time', text: javaTimestampText(time.local) + offset + id, time, has }
      }
    case 'json':
      return (value) => text(value as string)
    default: {
      const toText = textOf(type)
      return toText && ((value) => text(toText(value)))
    }
  }
}

const UNSUPPORTED = new Set<SqlType['kind']>(['varbinary', 'array', 'map', 'row'])

/** Whether format() takes values of a type. */
export const isFormattable = (type: SqlType): boolean =>
  !UNSUPPORTED.has(type.kind) && converterOf(type) !== undefined
