import { scalarFunction } from '../../function-definition.js'
import { formDecoded } from './url.js'

export const urlDecode = scalarFunction({
  name: 'url_decode',
  description: 'The string that url_encode was given',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'varchar(x)',
      evaluate: formDecoded,
    },
  ],
})
