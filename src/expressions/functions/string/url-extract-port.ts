import { scalarFunction } from '../../function-definition.js'
import { parseUri, serverOf } from './url.js'

export const urlExtractPort = scalarFunction({
  name: 'url_extract_port',
  description: 'The port of a URL',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'bigint',
      evaluate: (text: string) => {
        const uri = parseUri(text)
        const port = uri && serverOf(uri)?.[2]
        return port === undefined || port === '' ? null : BigInt(port)
      },
    },
  ],
})
