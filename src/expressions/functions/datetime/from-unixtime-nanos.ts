import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { type BoundCall, scalarFunction } from '../../function-definition.js'
import { divideHalfUp, powerOfTen } from '../../value/decimal.js'
import { MAX_MILLIS } from './from-unixtime.js'

const NANOS_PER_MILLI = 1_000_000n

const fromNanos = ({ session }: BoundCall) => {
  const { timeZone } = session
  return (nanos: bigint): ZonedTimestamp => ({ picos: nanos * 1000n, zone: timeZone })
}

export const fromUnixtimeNanos = scalarFunction({
  name: 'from_unixtime_nanos',
  description: 'The timestamp of nanoseconds since 1970',
  overloads: [
    { args: ['bigint'], returns: 'timestamp(9) with time zone', bind: fromNanos },
    {
      args: ['decimal(p,s)'],
      returns: 'timestamp(9) with time zone',
      bind: (call) => {
        const [type] = call.argumentTypes
        const unit = powerOfTen(type?.kind === 'decimal' ? type.scale : 0)
        const convert = fromNanos(call)
        return (value: bigint) => {
          const nanos = divideHalfUp(value, unit)
          const millis = nanos / NANOS_PER_MILLI
          if (millis > MAX_MILLIS || millis < -MAX_MILLIS) {
            invalidArgument(`Millis overflow: ${millis}`)
          }
          return convert(nanos)
        }
      },
    },
  ],
})
