import type { CharType } from '../../../spi/type/type.js'
import { padChar } from '../../../values/code-points.js'
import { scalarFunction } from '../../function-definition.js'
import { bytesOf } from './text-encodings.js'

export const toUtf8 = scalarFunction({
  name: 'to_utf8',
  description: 'The UTF-8 bytes of a string',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'varbinary',
      neverFails: true,
      evaluate: (text: string) => bytesOf(Buffer.from(text)),
    },
    {
      args: ['char(x)'],
      returns: 'varbinary',
      neverFails: true,
      bind: ({ argumentTypes }) => {
        const { length } = argumentTypes[0] as CharType
        return (text: string) => bytesOf(Buffer.from(padChar(text, length)))
      },
    },
  ],
})
