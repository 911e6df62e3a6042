import { scalarFunction } from '../../function-definition.js'
import { formDecoded, parseUri } from './url.js'

function parameterOf(text: string, name: string): string | null {
  const query = parseUri(text)?.query
  if (query === undefined) return null
  for (const argument of query.split('&')) {
    const at = argument.indexOf('=')
    const key = at < 0 ? argument : argument.slice(0, at)
    if (formDecoded(key) === name) return at < 0 ? '' : formDecoded(argument.slice(at + 1))
  }
  return null
}

export const urlExtractParameter = scalarFunction({
  name: 'url_extract_parameter',
  description: 'The first value of a parameter of the query of a URL',
  overloads: [
    {
      args: ['varchar(x)', 'varchar(y)'],
      returns: 'varchar(x)',
      evaluate: parameterOf,
    },
  ],
})
