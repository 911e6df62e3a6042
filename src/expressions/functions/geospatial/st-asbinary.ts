import { scalarFunction } from '../../function-definition.js'

export const stAsBinary = scalarFunction({
  name: 'st_asbinary',
  displayName: 'ST_AsBinary',
  description: 'The well-known binary of a geometry, little endian',
  overloads: [
    { args: ['geometry'], returns: 'varbinary', evaluate: (geometry: Uint8Array) => geometry },
  ],
})
