import { scalarFunction } from '../../function-definition.js'

export const toMilliseconds = scalarFunction({
  name: 'to_milliseconds',
  description: 'The milliseconds of an interval',
  overloads: [
    {
      args: ['interval day to second'],
      returns: 'bigint',
      neverFails: true,
      evaluate: (millis: bigint) => millis,
    },
  ],
})
