import type { Expression } from '../../expressions/ir.js'
import type { SqlType } from '../../spi/index.js'
import type {
  Assignment,
  FilterNode,
  JoinCriterion,
  JoinNode,
  JoinType,
  PlanNode,
  ProjectNode,
  ValuesNode,
} from '../plan/node.js'
import { outputsOf } from '../plan/structure.js'
import type { PlanSymbol } from '../plan/symbol.js'
import { symbolReference } from '../plan/symbol.js'
import type { OptimizerContext } from './context.js'
import { and, isTrue } from './expression/predicates.js'

/** A filter over a source; the source itself where there is nothing to check. */
export function filterOver(
  context: OptimizerContext,
  source: PlanNode,
  conjuncts: readonly Expression[],
): PlanNode {
  const predicate = and(conjuncts)
  if (isTrue(predicate)) return source
  if (source.kind === 'filter') {
    return { ...source, predicate: and([source.predicate, predicate]) } satisfies FilterNode
  }
  return { kind: 'filter', id: context.ids.next(), source, predicate }
}

export const identityAssignment = (symbol: PlanSymbol): Assignment => ({
  symbol,
  expression: symbolReference(symbol),
})

export const isIdentity = (assignment: Assignment): boolean =>
  assignment.expression.kind === 'symbol' && assignment.expression.name === assignment.symbol.name

export const projectOver = (
  context: OptimizerContext,
  source: PlanNode,
  assignments: readonly Assignment[],
): ProjectNode => ({ kind: 'project', id: context.ids.next(), source, assignments })

/** A projection that passes all of its source on and adds `assignments`. */
export const extend = (
  context: OptimizerContext,
  source: PlanNode,
  assignments: readonly Assignment[],
): PlanNode =>
  assignments.length === 0
    ? source
    : projectOver(context, source, [...outputsOf(source).map(identityAssignment), ...assignments])

/** A projection to `outputs`; the source itself where it has exactly these. */
export function restrict(
  context: OptimizerContext,
  source: PlanNode,
  outputs: readonly PlanSymbol[],
): PlanNode {
  const have = outputsOf(source)
  if (have.length === outputs.length && outputs.every((s, i) => s.name === have[i]?.name)) {
    return source
  }
  return projectOver(context, source, outputs.map(identityAssignment))
}

/** A join that outputs all symbols of both sides. */
export function joinOver(
  context: OptimizerContext,
  type: JoinType,
  left: PlanNode,
  right: PlanNode,
  criteria: readonly JoinCriterion[],
  filter?: Expression,
): JoinNode {
  return {
    kind: 'join',
    id: context.ids.next(),
    type,
    left,
    right,
    criteria,
    ...(filter === undefined || isTrue(filter) ? {} : { filter }),
    leftOutputs: outputsOf(left),
    rightOutputs: outputsOf(right),
  }
}

/** A relation without rows. */
export const emptyValues = (
  context: OptimizerContext,
  outputs: readonly PlanSymbol[],
): ValuesNode => ({ kind: 'values', id: context.ids.next(), outputs, rows: [] })

/** A relation of one row without columns. */
export const singleRow = (context: OptimizerContext): ValuesNode => ({
  kind: 'values',
  id: context.ids.next(),
  outputs: [],
  rows: [[]],
})

export const isEmpty = (node: PlanNode): boolean => node.kind === 'values' && node.rows.length === 0

/** A new symbol for an expression, named after it where it is a plain symbol. */
export const newSymbol = (context: OptimizerContext, hint: string, type: SqlType): PlanSymbol =>
  context.symbols.newSymbol(hint, type)

/**
 * Symbols for expressions over a source: symbols as they are, others projected. `node` outputs the source's symbols
 * and the new ones.
 */
export function project(
  context: OptimizerContext,
  source: PlanNode,
  expressions: readonly Expression[],
  hint = 'expr',
): { readonly node: PlanNode; readonly symbols: readonly PlanSymbol[] } {
  const added: Assignment[] = []
  const symbols = expressions.map((expression): PlanSymbol => {
    if (expression.kind === 'symbol') return { name: expression.name, type: expression.type }
    const symbol = newSymbol(context, hint, expression.type)
    added.push({ symbol, expression })
    return symbol
  })
  return { node: extend(context, source, added), symbols }
}
