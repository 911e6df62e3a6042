import { scalarFunction } from '../../function-definition.js'

export const toGeometry = scalarFunction({
  name: 'to_geometry',
  description: 'A geography as a geometry in the plane of longitude and latitude',
  overloads: [
    {
      args: ['sphericalgeography'],
      returns: 'geometry',
      neverFails: true,
      evaluate: (geography: Uint8Array) => geography,
    },
  ],
})
