import { parseDuration as parseDurationMillis } from '../../../spi/config/config-value.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

/** A text that lacks nothing but a known unit. */
const QUANTITY = /^\s*\d+(?:\.\d+)?\s*([a-zA-Z]+)\s*$/

export const parseDuration = scalarFunction({
  name: 'parse_duration',
  description: 'The interval of a text such as 1.5h, with a unit from ns to d',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'interval day to second',
      evaluate: (text: string) => {
        const millis = parseDurationMillis(text)
        if (millis !== undefined) return BigInt(Math.round(millis))
        const unit = QUANTITY.exec(text)?.[1]
        if (unit !== undefined) return invalidArgument(`Unknown time unit: ${unit}`)
        return invalidArgument(`duration is not a valid data duration string: ${text}`)
      },
    },
  ],
})
