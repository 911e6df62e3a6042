import { MillraceError } from '../../../spi/error.js'
import type { TemporalType } from '../../../spi/type/type.js'
import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { dateText, offsetText, timestampText } from '../../../values/temporal-text.js'
import { scalarFunction } from '../../function-definition.js'
import { localTimeOf } from '../../value/datetime-pattern.js'

/** Offsets of times before there were time zones may have seconds. */
function refuseSeconds(offsetSeconds: number): never {
  const seconds = String(Math.abs(offsetSeconds) % 60).padStart(2, '0')
  throw new MillraceError(
    'INVALID_ARGUMENTS',
    `Timezone with non-zero seconds offset cannot be rendered as ISO8601: ${offsetText(Math.trunc(offsetSeconds / 60))}:${seconds}`,
  )
}

export const toIso8601 = scalarFunction({
  name: 'to_iso8601',
  description: 'A date or timestamp as ISO 8601 writes it',
  overloads: [
    {
      args: ['date'],
      returns: 'varchar(16)',
      neverFails: true,
      evaluate: (days: number) => dateText(days).replace('+', ''),
    },
    {
      args: ['timestamp(p)'],
      returns: 'varchar(n)',
      calculate: ({ p }) => ({ n: 22 + p! + Math.min(p!, 1) }),
      neverFails: true,
      bind: ({ argumentTypes }) => {
        const { precision } = argumentTypes[0] as TemporalType
        return (picos: bigint) => timestampText(picos, precision, 'T')
      },
    },
    {
      args: ['timestamp(p) with time zone'],
      returns: 'varchar(n)',
      calculate: ({ p }) => ({ n: 28 + p! + Math.min(p!, 1) }),
      bind: ({ argumentTypes }) => {
        const { precision } = argumentTypes[0] as TemporalType
        return ({ picos, zone }: ZonedTimestamp) => {
          const { local, offsetSeconds } = localTimeOf(picos, zone)
          if (offsetSeconds % 60 !== 0) refuseSeconds(offsetSeconds)
          const offset = offsetSeconds === 0 ? 'Z' : offsetText(Math.trunc(offsetSeconds / 60))
          return timestampText(local, precision, 'T') + offset
        }
      },
    },
  ],
})
