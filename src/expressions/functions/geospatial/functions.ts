import type { FunctionDefinition } from '../../function-definition.js'
import { bingTile } from './bing-tile.js'
import { bingTileAt } from './bing-tile-at.js'
import { bingTileParts } from './bing-tile-parts.js'
import { bingTilesAround } from './bing-tiles-around.js'
import { convexHullAgg } from './convex-hull-agg.js'
import { fromGeoJson } from './from-geojson-geometry.js'
import { geometryAccessors } from './geometry-accessors.js'
import { geometryNearestPoints } from './geometry-nearest-points.js'
import { geometryOperations } from './geometry-operations.js'
import { geometryOverlays } from './geometry-overlays.js'
import { geometryReaders } from './geometry-readers.js'
import { geometryRelations } from './geometry-relations.js'
import { geometryToBingTiles } from './geometry-to-bing-tiles.js'
import { geometryUnion } from './geometry-union.js'
import { geometryUnionAgg } from './geometry-union-agg.js'
import { greatCircleDistance } from './great-circle-distance.js'
import { lineInterpolatePoint } from './line-interpolate-point.js'
import { lineInterpolatePoints } from './line-interpolate-points.js'
import { lineLocatePoint } from './line-locate-point.js'
import { simplifyGeometry } from './simplify-geometry.js'
import { spatialPartitioning } from './spatial-partitioning.js'
import { spatialPartitions } from './spatial-partitions.js'
import { stArea } from './st-area.js'
import { stAsBinary } from './st-asbinary.js'
import { stAsText } from './st-astext.js'
import { stBuffer } from './st-buffer.js'
import { stDistance } from './st-distance.js'
import { stLength } from './st-length.js'
import { stLineString } from './st-linestring.js'
import { stMultiPoint } from './st-multipoint.js'
import { stPoint } from './st-point.js'
import { stRelate } from './st-relate.js'
import { toEncodedPolyline } from './to-encoded-polyline.js'
import { toGeoJson } from './to-geojson-geometry.js'
import { toGeometry } from './to-geometry.js'
import { toSphericalGeography } from './to-spherical-geography.js'

export const GEOSPATIAL_FUNCTIONS: readonly FunctionDefinition[] = [
  bingTile,
  bingTileAt,
  ...bingTileParts,
  bingTilesAround,
  convexHullAgg,
  fromGeoJson,
  ...geometryAccessors,
  geometryNearestPoints,
  ...geometryOperations,
  ...geometryOverlays,
  ...geometryReaders,
  ...geometryRelations,
  geometryToBingTiles,
  geometryUnion,
  geometryUnionAgg,
  greatCircleDistance,
  lineInterpolatePoint,
  lineInterpolatePoints,
  lineLocatePoint,
  simplifyGeometry,
  spatialPartitioning,
  spatialPartitions,
  stArea,
  stAsBinary,
  stAsText,
  stBuffer,
  stDistance,
  stLength,
  stLineString,
  stMultiPoint,
  stPoint,
  stRelate,
  toEncodedPolyline,
  toGeoJson,
  toGeometry,
  toSphericalGeography,
]
