import { encodeTile } from '../../../values/geometry/bing-tile.js'
import { scalarFunction } from '../../function-definition.js'
import { neighbors, tilesWithin } from '../../geometry/tiles.js'

export const bingTilesAround = scalarFunction({
  name: 'bing_tiles_around',
  description: 'The tile of a place and its neighbors, or all within kilometers of it',
  overloads: [
    {
      args: ['double', 'double', 'integer'],
      returns: 'array(bingtile)',
      evaluate: (latitude: number, longitude: number, zoom: number) =>
        neighbors(latitude, longitude, zoom).map(encodeTile),
    },
    {
      args: ['double', 'double', 'integer', 'double'],
      returns: 'array(bingtile)',
      evaluate: (latitude: number, longitude: number, zoom: number, kilometers: number) =>
        tilesWithin(latitude, longitude, zoom, kilometers).map(encodeTile),
    },
  ],
})
