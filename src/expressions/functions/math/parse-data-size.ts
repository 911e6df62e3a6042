import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

const DATA_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB']

export const parseDataSize = scalarFunction({
  name: 'parse_data_size',
  aliases: ['parse_presto_data_size'],
  description: 'The bytes of a text such as 2.3MB',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'decimal(38,0)',
      evaluate: (text: string) => {
        const match = /^(\d+)(?:\.(\d*))?([a-zA-Z]+)$/.exec(text)
        const power = DATA_UNITS.indexOf(match?.[3] ?? '')
        if (match === null || power < 0) return invalidArgument(`Invalid data size: '${text}'`)
        const fraction = match[2] ?? ''
        const digits = BigInt(match[1]! + fraction)
        return (digits << BigInt(10 * power)) / 10n ** BigInt(fraction.length)
      },
    },
  ],
})
