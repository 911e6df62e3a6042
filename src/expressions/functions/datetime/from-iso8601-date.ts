import { scalarFunction } from '../../function-definition.js'
import { dateDays } from '../../value/temporal-range.js'
import { isoDate } from './iso8601-date.js'

export const fromIso8601Date = scalarFunction({
  name: 'from_iso8601_date',
  description: 'The date that an ISO 8601 text writes',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'date',
      evaluate: (text: string) => dateDays(isoDate(text, text)),
    },
  ],
})
