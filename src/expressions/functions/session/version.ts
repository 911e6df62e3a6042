import { scalarFunction } from '../../function-definition.js'

export const version = scalarFunction({
  name: 'version',
  hidden: true,
  description: 'The version of the server that plans the query',
  overloads: [
    {
      args: [],
      returns: 'varchar',
      bind:
        ({ session }) =>
        () =>
          session.version ?? null,
    },
  ],
})
