import type { Expression, SymbolExpression } from '../../expressions/ir.js'
import { collectSymbols } from '../../expressions/ir-walk.js'

import type {
  BoundCall,
  BoundRelation,
  BoundSortItem,
  BoundWindow,
  BoundWindowFunction,
  BoundWindowMeasure,
} from './bound.js'

const sortKeys = (items: readonly BoundSortItem[]): readonly Expression[] =>
  items.map((item) => item.expression)

/** The expressions written in a relation itself, and the relations in it. */
function partsOf(relation: BoundRelation): {
  readonly expressions: readonly Expression[]
  readonly relations: readonly BoundRelation[]
} {
  switch (relation.kind) {
    case 'table':
    case 'recursiveReference':
      return { expressions: [], relations: [] }
    case 'values':
      return { expressions: relation.rows.flat(), relations: [] }
    case 'join':
      return {
        expressions: relation.condition === undefined ? [] : [relation.condition],
        relations: [relation.left, relation.right],
      }
    case 'unnest':
      return { expressions: relation.collections.map((c) => c.expression), relations: [] }
    case 'patternRecognition':
      return { expressions: relation.inputs, relations: [relation.source] }
    case 'sample':
    case 'reference':
      return { expressions: [], relations: [relation.source] }
    case 'projection':
      return { expressions: relation.expressions, relations: [relation.source] }
    case 'recursion':
      return { expressions: [], relations: [relation.anchor, relation.step] }
    case 'setOperation':
      return { expressions: [], relations: relation.sources }
    case 'tableFunction':
      return { expressions: [], relations: relation.tables.map((table) => table.source) }
    case 'query':
      return { expressions: sortKeys(relation.orderBy), relations: [relation.body] }
    case 'select':
      return {
        expressions: [
          ...relation.outputs,
          ...(relation.where === undefined ? [] : [relation.where]),
          ...(relation.having === undefined ? [] : [relation.having]),
          ...(relation.grouping?.keys ?? []),
          ...sortKeys(relation.orderBy),
        ],
        relations: relation.from === undefined ? [] : [relation.from],
      }
  }
}

/** The expressions and relations of what a symbol stands for. */
function partsOfCall(call: BoundCall): {
  readonly expressions: readonly Expression[]
  readonly relations: readonly BoundRelation[]
} {
  switch (call.kind) {
    case 'aggregate':
      return {
        expressions: [
          ...call.args,
          ...sortKeys(call.orderBy),
          ...(call.filter === undefined ? [] : [call.filter]),
        ],
        relations: [],
      }
    case 'window':
    case 'measure':
      return { expressions: windowExpressions(call), relations: [] }
    case 'grouping':
      return { expressions: call.arguments, relations: [] }
    case 'asyncCall':
      return { expressions: call.args, relations: [] }
    case 'scalarSubquery':
    case 'existsSubquery':
      return { expressions: [], relations: [call.query] }
    case 'inSubquery':
    case 'quantifiedSubquery':
      return { expressions: [call.value], relations: [call.query] }
  }
}

/**
 * Every field symbol a relation's expressions name, through aggregations, windows and subqueries: its own fields and those of
 * relations around it.
 */
export function freeSymbols(
  root: BoundRelation,
  analysis: { readonly calls: ReadonlyMap<string, BoundCall> },
): readonly SymbolExpression[] {
  const found = new Map<string, SymbolExpression>()
  const seenCalls = new Set<string>()
  const seenRelations = new Set<BoundRelation>()
  const visit = (parts: ReturnType<typeof partsOf>): void => {
    for (const expression of parts.expressions) {
      for (const [name, symbol] of collectSymbols(expression)) {
        const call = analysis.calls.get(name)
        if (call === undefined) found.set(name, symbol)
        else if (!seenCalls.has(name)) {
          seenCalls.add(name)
          visit(partsOfCall(call))
        }
      }
    }
    for (const relation of parts.relations) {
      if (seenRelations.has(relation)) continue
      seenRelations.add(relation)
      visit(partsOf(relation))
    }
  }
  visit({ expressions: [], relations: [root] })
  return [...found.values()]
}

/** All expressions of a call over a window, the window's included. */
export const windowExpressions = (
  call: BoundWindowFunction | BoundWindowMeasure,
): readonly Expression[] => [
  ...(call.kind === 'window' ? [...call.args, ...sortKeys(call.callOrderBy)] : []),
  ...expressionsOfWindow(call),
]

const expressionsOfWindow = (w: BoundWindow): readonly Expression[] => [
  ...w.partitionBy,
  ...sortKeys(w.orderBy),
  ...[w.frame.start, w.frame.end].flatMap((bound) => [
    ...(bound.value === undefined ? [] : [bound.value]),
    ...(bound.range === undefined ? [] : [bound.range.boundary, bound.range.sortKey]),
  ]),
  ...(w.frame.pattern?.inputs ?? []),
]
