import type {
  Expression,
  FrameBound,
  Window,
  WindowFrame,
  WindowSpecification,
} from '../planner/parser/ast/index.js'
import { value } from './expression.js'
import type { ForeignNode } from './foreign-node.js'
import { orderBy } from './query.js'
import { finish, notSupported, type Translation } from './translation.js'
import { identifier, longLiteral } from './tree.js'

/** What stands after OVER. */
export function windowOf(node: ForeignNode, t: Translation): Window {
  const named = node.value('as_window_specification')
  if (typeof named === 'string') {
    return { kind: 'windowReference', name: identifier(named, t), location: t.location }
  }
  // SQLite's grammar has the specification itself.
  const wrapper = node.node('as_window_specification')
  const inner = wrapper?.node('window_specification') ?? wrapper ?? node
  if (wrapper !== undefined) finish(wrapper.ignore('window_specification'), t)
  return windowSpecification(inner, t)
}

export function windowSpecification(node: ForeignNode, t: Translation): WindowSpecification {
  const existing = node.text('name')
  const partitionBy = node.nodes('partitionby').map((item) => {
    const key = item.type === '' ? item.node('expr') : item
    return value(key ?? item, t)
  })
  const order = node.nodes('orderby')
  const frame = frameOf(node.node('window_frame_clause'), t)
  finish(node, t)
  return {
    kind: 'windowSpecification',
    ...(existing === undefined ? {} : { existingWindowName: identifier(existing, t) }),
    partitionBy,
    ...(order.length === 0 ? {} : { orderBy: orderBy(order, t) }),
    ...(frame === undefined ? {} : { frame }),
    location: t.location,
  }
}

const FRAME_TYPES = ['RANGE', 'ROWS', 'GROUPS'] as const

function frameOf(node: ForeignNode | undefined, t: Translation): WindowFrame | undefined {
  if (node === undefined) return undefined
  const isBetween = node.type === 'binary_expr'
  const word = isBetween ? String(node.node('left')?.value('value')) : node.type
  const type = FRAME_TYPES.find((candidate) => candidate === word.toUpperCase())
  if (type === undefined) throw notSupported(`the frame ${word}`, t)
  const bounds = isBetween ? node.node('right')!.nodes('value') : node.nodes('expr')
  const [start, end] = bounds
  if (start === undefined) throw notSupported('this frame', t)
  finish(node.ignore('operator', 'left', 'right', 'expr'), t)
  return {
    kind: 'windowFrame',
    type,
    start: bound(start, t),
    ...(end === undefined ? {} : { end: bound(end, t) }),
    measures: [],
    subsets: [],
    variableDefinitions: [],
    location: t.location,
  }
}

function bound(node: ForeignNode, t: Translation): FrameBound {
  const { location } = t
  const text = String(node.value('value')).trim().toUpperCase().replace(/\s+/g, ' ')
  if (text === 'CURRENT ROW') return { kind: 'frameBound', type: 'CURRENT ROW', location }
  const match = /^(.+) (PRECEDING|FOLLOWING)$/.exec(text)
  const side = match?.[2] === 'PRECEDING' ? 'PRECEDING' : 'FOLLOWING'
  if (match === null) throw notSupported(`the frame bound ${text}`, t)
  if (match[1] === 'UNBOUNDED') return { kind: 'frameBound', type: `UNBOUNDED ${side}`, location }
  if (!/^\d+$/.test(match[1]!)) throw notSupported(`the frame bound ${text}`, t)
  const distance: Expression = longLiteral(match[1]!, location)
  return { kind: 'frameBound', type: side, value: distance, location }
}
