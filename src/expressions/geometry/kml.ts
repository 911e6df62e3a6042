import { orientRings, type Path, type Position, type Shape } from '../../values/geometry/shape.js'
import { invalidArgument } from '../errors.js'

interface Element {
  readonly name: string
  readonly children: Element[]
  text: string
}

const TOKEN =
  /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<(\/?)([\w.:-]+)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)|</g
const MAX_NESTING = 100

class KmlError extends Error {}

/** The one element of a text; its attributes don't matter here. */
function readXml(text: string): Element {
  const root: Element = { name: '', children: [], text: '' }
  const open = [root]
  for (const [token, isEnd, name, , isEmpty, characters] of text.matchAll(TOKEN)) {
    const parent = open[open.length - 1]!
    if (characters !== undefined) parent.text += characters
    else if (name === undefined) {
      if (token === '<') throw new KmlError('no tag')
    } else if (isEnd === '/') {
      if (open.length === 1 || open.pop()!.name !== localName(name)) throw new KmlError('end tag')
    } else {
      const element: Element = { name: localName(name), children: [], text: '' }
      parent.children.push(element)
      if (isEmpty !== '/') open.push(element)
      if (open.length > MAX_NESTING) throw new KmlError('nested too deep')
    }
  }
  const [only] = root.children
  if (
    open.length > 1 ||
    only === undefined ||
    root.children.length > 1 ||
    root.text.trim() !== ''
  ) {
    throw new KmlError('not one element')
  }
  return only
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1)

const childNamed = (element: Element, name: string): Element => {
  const child = element.children.find((c) => c.name === name)
  if (child === undefined) throw new KmlError(`no ${name}`)
  return child
}

function positions(element: Element): Path {
  return childNamed(element, 'coordinates')
    .text.trim()
    .split(/\s+/)
    .map((tuple): Position => {
      const [x, y] = tuple.split(',').map((part) => (part === '' ? Number.NaN : Number(part)))
      if (x === undefined || y === undefined || !Number.isFinite(x) || !Number.isFinite(y)) {
        throw new KmlError('no position')
      }
      return [x, y]
    })
}

const ringOf = (boundary: Element): Path => positions(childNamed(boundary, 'LinearRing'))

function shapeOfElement(element: Element): Shape {
  switch (element.name) {
    case 'Point':
      return { kind: 'Point', position: positions(element)[0] }
    case 'LineString':
    case 'LinearRing':
      return { kind: 'LineString', path: positions(element) }
    case 'Polygon': {
      const holes = element.children.filter((child) => child.name === 'innerBoundaryIs')
      const rings = [childNamed(element, 'outerBoundaryIs'), ...holes].map(ringOf)
      return { kind: 'Polygon', rings: orientRings(rings) }
    }
    case 'MultiGeometry':
      return gathered(element.children.map(shapeOfElement))
    default:
      throw new KmlError(`no geometry: ${element.name}`)
  }
}

/** Members of one kind are the multiple of that kind. */
function gathered(members: readonly Shape[]): Shape {
  const points = members.flatMap((m) => (m.kind === 'Point' && m.position ? [m.position] : []))
  const paths = members.flatMap((m) => (m.kind === 'LineString' ? [m.path] : []))
  const polygons = members.flatMap((m) => (m.kind === 'Polygon' ? [m.rings] : []))
  if (members.length === 0) return { kind: 'GeometryCollection', members }
  if (points.length === members.length) return { kind: 'MultiPoint', positions: points }
  if (paths.length === members.length) return { kind: 'MultiLineString', paths }
  if (polygons.length === members.length) return { kind: 'MultiPolygon', polygons }
  return { kind: 'GeometryCollection', members }
}

/** Reads a geometry element of KML. @throws INVALID_FUNCTION_ARGUMENT @source OGC 12-007r2, 10 */
export function readKml(text: string): Shape {
  try {
    return shapeOfElement(readXml(text))
  } catch (error) {
    if (error instanceof KmlError) return invalidArgument(`Invalid KML: ${text}`)
    throw error
  }
}
