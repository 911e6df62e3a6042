import { scalarFunction } from '../../function-definition.js'
import { checkLatitude, checkLongitude, greatCircleKilometers } from '../../geometry/sphere.js'

export const greatCircleDistance = scalarFunction({
  name: 'great_circle_distance',
  description: 'Kilometers between two places of the earth, each a latitude and a longitude',
  overloads: [
    {
      args: ['double', 'double', 'double', 'double'],
      returns: 'double',
      evaluate: (latitude1: number, longitude1: number, latitude2: number, longitude2: number) => {
        checkLatitude(latitude1)
        checkLongitude(longitude1)
        checkLatitude(latitude2)
        checkLongitude(longitude2)
        return greatCircleKilometers(latitude1, longitude1, latitude2, longitude2)
      },
    },
  ],
})
