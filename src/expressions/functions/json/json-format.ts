import { scalarFunction } from '../../function-definition.js'

export const jsonFormat = scalarFunction({
  name: 'json_format',
  description: 'The text of a JSON value',
  overloads: [
    { args: ['json'], returns: 'varchar', neverFails: true, evaluate: (json: string) => json },
  ],
})
