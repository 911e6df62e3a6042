import type { Envelope } from '../../values/geometry/shape.js'
import { javaDoubleText } from '../../values/number-text.js'
import { invalidCast } from '../errors.js'

/** A box cut in two again and again: leaves are partitions of the plane. */
type Node =
  | { readonly extent: Envelope; readonly leafId: number }
  | { readonly extent: Envelope; readonly left: Node; readonly right: Node }

/** The node at the root of a K-D-B tree. @source J. T. Robinson, The K-D-B-tree (SIGMOD 1981) */
export interface KdbTree {
  readonly root: Node
}

const MAX_LEVELS = 1000

/** Builds a tree of the boxes' lower left corners, with at most so many of them in a leaf where they can be told apart. */
export function buildKdbTree(boxes: readonly Envelope[], maxPerLeaf: number): KdbTree {
  let nextLeaf = 0
  const build = (extent: Envelope, items: readonly Envelope[], level: number): Node => {
    if (items.length > maxPerLeaf && level < MAX_LEVELS) {
      const isWide = extent.xMax - extent.xMin >= extent.yMax - extent.yMin
      const cut = cutOf(items, isWide ? 'x' : 'y') ?? cutOf(items, isWide ? 'y' : 'x')
      if (cut !== undefined) {
        const [low, high] = halves(extent, cut)
        const left = build(low, cut.below, level + 1)
        return { extent, left, right: build(high, cut.above, level + 1) }
      }
    }
    return { extent, leafId: nextLeaf++ }
  }
  return { root: build(paddedExtent(boxes), boxes, 0) }
}

interface Cut {
  readonly axis: 'x' | 'y'
  readonly at: number
  readonly below: readonly Envelope[]
  readonly above: readonly Envelope[]
}

/** Cuts between the middle box and the next that begins elsewhere; undefined where all others begin there. */
function cutOf(items: readonly Envelope[], axis: 'x' | 'y'): Cut | undefined {
  const key = axis === 'x' ? 'xMin' : 'yMin'
  const other = axis === 'x' ? 'yMin' : 'xMin'
  const sorted = items.toSorted((a, b) => a[key] - b[key] || a[other] - b[other])
  let index = Math.floor((sorted.length - 1) / 2)
  const middle = sorted[index]![key]
  while (index < sorted.length && sorted[index]![key] === middle) index++
  if (index === sorted.length) return undefined
  const at = (middle + sorted[index]![key]) / 2
  return { axis, at, below: sorted.slice(0, index), above: sorted.slice(index) }
}

const halves = (extent: Envelope, { axis, at }: Cut): readonly [Envelope, Envelope] =>
  axis === 'x'
    ? [
        { ...extent, xMax: at },
        { ...extent, xMin: at },
      ]
    : [
        { ...extent, yMax: at },
        { ...extent, yMin: at },
      ]

/** The box of all, a little larger above and to the right, where boxes of leaves are open. */
function paddedExtent(boxes: readonly Envelope[]): Envelope {
  let { xMin, yMin, xMax, yMax } = boxes[0]!
  for (const box of boxes) {
    xMin = Math.min(xMin, box.xMin)
    yMin = Math.min(yMin, box.yMin)
    xMax = Math.max(xMax, box.xMax)
    yMax = Math.max(yMax, box.yMax)
  }
  return { xMin, yMin, xMax: nextUp(xMax), yMax: nextUp(yMax) }
}

const word = new DataView(new ArrayBuffer(8))

/** The next larger double. @source Java Math.nextUp */
function nextUp(value: number): number {
  if (!Number.isFinite(value)) return value
  word.setFloat64(0, value + 0)
  word.setBigInt64(0, word.getBigInt64(0) + (value >= 0 ? 1n : -1n))
  return word.getFloat64(0)
}

/** The numbers of the leaves that a box meets; of those that a point lies between, one. Empty outside of the tree. */
export function leavesMeeting({ root }: KdbTree, box: Envelope): number[] {
  const isPoint = box.xMin === box.xMax && box.yMin === box.yMax
  const leaves: number[] = []
  const visit = (node: Node): void => {
    const { extent } = node
    if (!meets(extent, box) || (isPoint && leaves.length > 0)) return
    if ('left' in node) {
      visit(node.left)
      visit(node.right)
    } else if (!isPoint || (box.xMin < extent.xMax && box.yMin < extent.yMax)) {
      leaves.push(node.leafId)
    }
  }
  visit(root)
  return leaves
}

const meets = (a: Envelope, b: Envelope): boolean =>
  a.xMin <= b.xMax && a.xMax >= b.xMin && a.yMin <= b.yMax && a.yMax >= b.yMin

/** The tree as JSON, as Trino writes it: what KDBTREE is carried as. */
export const writeKdbTree = ({ root }: KdbTree): string => `{"root":${nodeText(root)}}`

const nodeText = (node: Node): string => {
  const { xMin, yMin, xMax, yMax } = node.extent
  const [x0, y0, x1, y1] = [xMin, yMin, xMax, yMax].map(javaDoubleText)
  const extent = `"extent":{"xmin":${x0},"ymin":${y0},"xmax":${x1},"ymax":${y1}}`
  return 'left' in node
    ? `{${extent},"left":${nodeText(node.left)},"right":${nodeText(node.right)}}`
    : `{${extent},"leafId":${node.leafId}}`
}

const invalid = (): never => invalidCast('Invalid JSON string for KDB tree')

/** Reads a tree's JSON. @throws INVALID_CAST_ARGUMENT */
export function readKdbTree(text: string): KdbTree {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return invalid()
  }
  return { root: nodeOf(member(json, 'root'), 0) }
}

function member(json: unknown, name: string): unknown {
  if (typeof json !== 'object' || json === null || !Object.hasOwn(json, name)) return undefined
  return (json as Readonly<Record<string, unknown>>)[name]
}

function nodeOf(json: unknown, level: number): Node {
  if (level > MAX_LEVELS) return invalid()
  const extent = extentOf(member(json, 'extent'))
  const leafId = member(json, 'leafId')
  const [left, right] = [member(json, 'left'), member(json, 'right')]
  if (leafId === undefined) {
    return { extent, left: nodeOf(left, level + 1), right: nodeOf(right, level + 1) }
  }
  if (!Number.isInteger(leafId) || (leafId as number) < 0 || left !== undefined) return invalid()
  return { extent, leafId: leafId as number }
}

function extentOf(json: unknown): Envelope {
  const [xMin, yMin, xMax, yMax] = ['xmin', 'ymin', 'xmax', 'ymax'].map((name) => {
    const value = member(json, name)
    return typeof value === 'number' ? value : invalid()
  })
  if (!(xMin! <= xMax! && yMin! <= yMax!)) return invalid()
  return { xMin: xMin!, yMin: yMin!, xMax: xMax!, yMax: yMax! }
}
