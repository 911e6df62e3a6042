import { scalarFunction } from '../../function-definition.js'

export const currentGroups = scalarFunction({
  name: 'current_groups',
  description: 'The groups that the user of the session is in',
  overloads: [
    {
      args: [],
      returns: 'array(varchar)',
      bind:
        ({ session }) =>
        () =>
          session.groups ?? [],
    },
  ],
})
