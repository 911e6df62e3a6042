import { timeZoneOffsetsOfLocal } from '../../../spi/type/time-zone.js'
import type { ZonedTimestamp } from '../../../spi/type/value.js'
import { floorDivide, PICOS_PER_SECOND } from '../../../values/civil.js'
import { invalidArgument } from '../../errors.js'
import { instantOfLocal } from '../../value/temporal-parse.js'
import { zonedInstant } from '../../value/temporal-range.js'

/**
 * The instant of a local time in picoseconds that `text` writes. Times that the zone's clocks leave out are refused.
 * @source Joda-Time DateTimeParserBucket
 */
export function parsedInstant(local: bigint, zone: string, text: string): ZonedTimestamp {
  if (timeZoneOffsetsOfLocal(zone, Number(floorDivide(local, PICOS_PER_SECOND))).length === 0) {
    invalidArgument(
      `Cannot parse "${text}": Illegal instant due to time zone offset transition (${zone})`,
    )
  }
  return zonedInstant({ picos: instantOfLocal(local, zone), zone })
}
