import type { PlanNode } from '../../plan/node.js'
import { isFalse, isTrue } from '../expression/predicates.js'

/** Bounds that the shape of a plan proves for its number of rows. */
export interface Cardinality {
  readonly min: number
  readonly max: number
}

const ANY: Cardinality = { min: 0, max: Number.POSITIVE_INFINITY }
const ONE: Cardinality = { min: 1, max: 1 }

/** Bounds for the number of rows a node gives. @source Trino QueryCardinalityUtil */
export function cardinalityOf(node: PlanNode): Cardinality {
  switch (node.kind) {
    case 'values':
      return { min: node.rows.length, max: node.rows.length }
    case 'enforceSingleRow':
      return ONE
    case 'aggregation':
      return ofAggregation(cardinalityOf(node.source), node.groupingKeys.length, node)
    case 'limit': {
      const source = cardinalityOf(node.source)
      if (node.tiesOrderBy !== undefined)
        return { min: Math.min(source.min, node.count), max: source.max }
      return atMost(source, node.count)
    }
    case 'topN':
      return atMost(cardinalityOf(node.source), node.count)
    case 'offset': {
      const { min, max } = cardinalityOf(node.source)
      return { min: Math.max(0, min - node.count), max: Math.max(0, max - node.count) }
    }
    case 'filter': {
      if (isTrue(node.predicate)) return cardinalityOf(node.source)
      return { min: 0, max: isFalse(node.predicate) ? 0 : cardinalityOf(node.source).max }
    }
    case 'sample':
      return { min: 0, max: cardinalityOf(node.source).max }
    case 'semiJoin':
      if (node.mode === 'mark') return cardinalityOf(node.source)
      return { min: 0, max: cardinalityOf(node.source).max }
    case 'project':
    case 'sort':
    case 'assignUniqueId':
    case 'asyncCall':
    case 'markDistinct':
    case 'window':
    case 'exchange':
    case 'apply':
      return cardinalityOf(node.kind === 'apply' ? node.input : node.source)
    case 'output':
      return cardinalityOf(node.source)
    case 'rowNumber':
      return node.maxRowsPerPartition === undefined
        ? cardinalityOf(node.source)
        : { min: 0, max: cardinalityOf(node.source).max }
    case 'join': {
      const left = cardinalityOf(node.left)
      const right = cardinalityOf(node.right)
      const cross = node.criteria.length === 0 && node.filter === undefined
      const min = cross ? left.min * right.min : 0
      const max = times(left.max, right.max)
      switch (node.type) {
        case 'inner':
          return { min, max }
        case 'left':
          return { min: Math.max(min, left.min), max: Math.max(max, left.max) }
        case 'right':
          return { min: Math.max(min, right.min), max: Math.max(max, right.max) }
        case 'full':
          return { min: Math.max(left.min, right.min), max: Math.max(max, left.max + right.max) }
      }
      break
    }
    case 'setOperation': {
      const all = node.sources.map(cardinalityOf)
      const max = all.reduce((sum, c) => sum + c.max, 0)
      if (node.operation !== 'union') return { min: 0, max: all[0]?.max ?? 0 }
      return { min: all.reduce((sum, c) => sum + c.min, 0), max }
    }
    case 'sharedScan':
      return cardinalityOf(node.definition)
    case 'with':
      return cardinalityOf(node.main)
    case 'tableFinish':
      return ONE
    default:
      return ANY
  }
}

const atMost = (source: Cardinality, count: number): Cardinality => ({
  min: Math.min(source.min, count),
  max: Math.min(source.max, count),
})

/** 0 times unbounded is 0. */
const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b)

function ofAggregation(
  source: Cardinality,
  keyCount: number,
  node: { readonly globalGroupingSets: readonly number[] },
): Cardinality {
  const globals = node.globalGroupingSets.length
  if (keyCount === 0) return { min: globals, max: Math.max(globals, globals > 0 ? 1 : 0) || 1 }
  return { min: Math.max(globals, source.min > 0 ? 1 : 0), max: Math.max(source.max, globals) }
}

export const isScalar = (node: PlanNode): boolean => {
  const { min, max } = cardinalityOf(node)
  return min === 1 && max === 1
}
export const isAtMostScalar = (node: PlanNode): boolean => cardinalityOf(node).max <= 1
