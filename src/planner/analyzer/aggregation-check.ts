import type { Expression } from '../../expressions/ir.js'
import { symbol } from '../../expressions/ir-build.js'
import { childrenOf, collectSymbols, expressionKey } from '../../expressions/ir-walk.js'
import { MillraceError, type SourceLocation } from '../../spi/index.js'
import type { AllColumns, Expression as AstExpression } from '../parser/ast/index.js'
import type { Analysis, MetCall } from './analysis.js'
import type { BoundCall, BoundGrouping, BoundSubquery, BoundWindow, Field } from './bound.js'
import { windowExpressions } from './bound-walk.js'
import { expressionText } from './expression-text.js'
import { semanticError } from './semantic-error.js'

const comparePlaces = (a: SourceLocation, b: SourceLocation): number =>
  a.line - b.line || a.column - b.column

export interface CheckedExpression {
  readonly node: AstExpression | AllColumns
  readonly expression: Expression
  readonly met?: readonly MetCall[]
}

export interface GroupedScope {
  readonly grouping: BoundGrouping
  /** Fields of the relation that is grouped. */
  readonly sourceFields: readonly Field[]
  readonly analysis: Analysis
}

/**
 * Checks that expressions over a group have one value in it.
 * @throws MillraceError EXPRESSION_NOT_AGGREGATE; INVALID_ARGUMENTS for GROUPING of what is no key
 * @source Trino io.trino.sql.analyzer.AggregationAnalyzer
 */
export function checkAggregation(
  expressions: readonly CheckedExpression[],
  { grouping, sourceFields, analysis }: GroupedScope,
): void {
  const keys = new Set(grouping.keys.map(expressionKey))
  const hasComplexKeys = grouping.keys.some((key) => key.kind !== 'symbol')
  const local = new Map(sourceFields.map((f) => [f.id, f]))
  const isKey = (e: Expression) =>
    (hasComplexKeys || e.kind === 'symbol') && keys.has(expressionKey(e))

  const isGrouped = (e: Expression, node: CheckedExpression['node']): boolean => {
    if (isKey(e)) return true
    if (e.kind !== 'symbol') return childrenOf(e).every((child) => isGrouped(child, node))
    if (local.has(e.name)) return false
    const call = analysis.calls.get(e.name)
    return call === undefined || isGroupedCall(call, node)
  }
  const isGroupedCall = (call: BoundCall, node: CheckedExpression['node']): boolean => {
    switch (call.kind) {
      case 'aggregate':
        return true
      case 'grouping': {
        const wrong = call.arguments.find((argument) => !isKey(argument))
        if (wrong === undefined) return true
        const name = wrong.kind === 'symbol' ? local.get(wrong.name)?.name : undefined
        throw semanticError(
          'INVALID_ARGUMENTS',
          call.node,
          `The arguments to GROUPING() must be expressions referenced by the GROUP BY at the associated query level. Mismatch due to ${name ?? 'an expression'}.`,
        )
      }
      case 'window':
      case 'measure':
        checkWindowKeys(call)
        return windowExpressions(call).every((e) => isGrouped(e, node))
      case 'asyncCall':
        return call.args.every((e) => isGrouped(e, node))
      case 'scalarSubquery':
      case 'existsSubquery':
      case 'inSubquery':
      case 'quantifiedSubquery':
        if ('value' in call && !isGrouped(call.value, node)) return false
        checkSubquery(call)
        return true
    }
  }
  const checkWindowKeys = ({ keyNodes, partitionBy, orderBy }: BoundWindow): void => {
    const check = (key: Expression, node: AstExpression | undefined, clause: string): void => {
      if (node === undefined || isGrouped(key, node)) return
      throw semanticError(
        'EXPRESSION_NOT_AGGREGATE',
        node,
        `${keyNodes?.byName === true ? '' : `${clause} expression `}'${expressionText(node)}' must be an aggregate expression or appear in GROUP BY clause`,
      )
    }
    partitionBy.forEach((key, i) => check(key, keyNodes?.partitionBy[i], 'PARTITION BY'))
    orderBy.forEach((key, i) => check(key.expression, keyNodes?.orderBy[i], 'ORDER BY'))
  }
  /** The place of the first of the columns that are no keys. */
  const checkSubquery = ({ outerColumns }: BoundSubquery): void => {
    const wrong = outerColumns.flatMap(({ fieldId, node }) => {
      const field = local.get(fieldId)
      if (field === undefined || keys.has(expressionKey(symbol(field.id, field.type)))) return []
      return [{ field, node }]
    })
    const [first] = wrong.sort((a, b) => comparePlaces(a.node.location, b.node.location))
    if (first === undefined) return
    throw semanticError(
      'EXPRESSION_NOT_AGGREGATE',
      first.node,
      `Subquery uses '${first.field.name}' which must appear in GROUP BY clause`,
    )
  }
  for (const { node, expression, met } of expressions) {
    for (const { check } of met ?? []) check?.()
    if (isGrouped(expression, node)) continue
    if (node.kind === 'allColumns') {
      // Trino gives no place here.
      throw new MillraceError(
        'EXPRESSION_NOT_AGGREGATE',
        `${columnText(expression, local)} not in GROUP BY clause`,
      )
    }
    throw semanticError(
      'EXPRESSION_NOT_AGGREGATE',
      node,
      `'${expressionText(node)}' must be an aggregate expression or appear in GROUP BY clause`,
    )
  }
}

/** A column that `*` stands for. */
function columnText(expression: Expression, local: ReadonlyMap<string, Field>): string {
  for (const name of collectSymbols(expression).keys()) {
    const field = local.get(name)
    if (field !== undefined) return `Column '${[...(field.qualifier ?? []), field.name].join('.')}'`
  }
  return 'Column'
}
