import { encodeTile } from '../../../values/geometry/bing-tile.js'
import { scalarFunction } from '../../function-definition.js'
import { tileAtCoordinates, tileOfQuadKey } from '../../geometry/tiles.js'

export const bingTile = scalarFunction({
  name: 'bing_tile',
  description: 'The tile with coordinates at a zoom level, or with a quad key',
  overloads: [
    {
      args: ['integer', 'integer', 'integer'],
      returns: 'bingtile',
      evaluate: (x: number, y: number, zoom: number) => encodeTile(tileAtCoordinates(x, y, zoom)),
    },
    {
      args: ['varchar'],
      returns: 'bingtile',
      evaluate: (key: string) => encodeTile(tileOfQuadKey(key)),
    },
  ],
})
