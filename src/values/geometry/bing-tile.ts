/** A tile of a square map of the world at a zoom level of 0 to 23, counted from its upper left corner. */
export interface BingTile {
  readonly x: number
  readonly y: number
  readonly zoom: number
}

export const MAX_TILE_ZOOM = 23
const COORDINATE_BITS = 24n
const COORDINATE_MASK = (1n << COORDINATE_BITS) - 1n

/** The integer that a tile is carried as: zoom, x, y. */
export const encodeTile = ({ x, y, zoom }: BingTile): bigint =>
  (((BigInt(zoom) << COORDINATE_BITS) | BigInt(x)) << COORDINATE_BITS) | BigInt(y)

export const decodeTile = (tile: bigint): BingTile => ({
  x: Number((tile >> COORDINATE_BITS) & COORDINATE_MASK),
  y: Number(tile & COORDINATE_MASK),
  zoom: Number(tile >> (2n * COORDINATE_BITS)),
})
