import { scalarFunction } from '../../function-definition.js'

export const currentTimezone = scalarFunction({
  name: 'current_timezone',
  description: 'The zone of the session',
  overloads: [
    {
      args: [],
      returns: 'varchar',
      bind:
        ({ session }) =>
        () =>
          session.timeZone,
    },
  ],
})
