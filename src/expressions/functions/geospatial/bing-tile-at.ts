import { encodeTile } from '../../../values/geometry/bing-tile.js'
import { scalarFunction } from '../../function-definition.js'
import { tileAt } from '../../geometry/tiles.js'

export const bingTileAt = scalarFunction({
  name: 'bing_tile_at',
  description: 'The tile of a zoom level at a latitude and longitude',
  overloads: [
    {
      args: ['double', 'double', 'integer'],
      returns: 'bingtile',
      evaluate: (latitude: number, longitude: number, zoom: number) =>
        encodeTile(tileAt(latitude, longitude, zoom)),
    },
  ],
})
