import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

export const parseDuration = scalarFunction({
  name: 'parse_duration',
  description: 'The interval of a text such as 1.5h, with a unit from ns to d',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'interval day to second',
      evaluate: (text: string) => {
        const match = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*$/.exec(text)
        if (match === null) {
          return invalidArgument(`duration is not a valid data duration string: ${text}`)
        }
        const unit = DURATION_UNITS[match[2]!]
        if (unit === undefined) return invalidArgument(`Unknown time unit: ${match[2]}`)
        return BigInt(Math.round(Number(match[1]) * unit))
      },
    },
  ],
})
