import type { Expression } from '../../expressions/ir.js'
import { field as rowField, symbol } from '../../expressions/ir-build.js'
import { MillraceError } from '../../spi/index.js'
import type { DereferenceExpression, Identifier, NodeBase } from '../parser/ast/index.js'
import { readFields } from './access-uses.js'
import { analyze, type ExpressionContext } from './analysis.js'
import type { Field } from './bound.js'
import { expressionText } from './expression-text.js'
import {
  isColumnReference,
  qualifiedNameOf,
  relationNames,
  resolveField,
  type Scope,
  visibleNames,
} from './scope.js'
import { nearestHint, semanticError } from './semantic-error.js'

export const fieldReference = (field: Field): Expression => symbol(field.id, field.type)

/** The column of a name; ORDER BY's aggregations see the query's source only, not its result. */
function resolveColumn(
  name: readonly string[],
  node: Identifier | DereferenceExpression,
  context: ExpressionContext,
): Expression | undefined {
  const resolved = resolveField(context.scope, name, node)
  if (resolved === undefined) return undefined
  if (resolved.scope.isOutput === true && context.inside !== undefined) {
    throw context.inside === 'aggregate'
      ? semanticError(
          'COLUMN_NOT_FOUND',
          node,
          'Invalid reference to output projection attribute from ORDER BY aggregation',
        )
      : new MillraceError(
          'INVALID_ARGUMENTS',
          'Invalid reference to output of SELECT clause from grouping() expression in ORDER BY',
        )
  }
  if (resolved.isCorrelated) {
    context.analysis.outerColumns.push({ fieldId: resolved.field.id, node })
  }
  readFields(context.analysis, [resolved.field])
  return fieldReference(resolved.field)
}

function unresolved(node: NodeBase, name: readonly string[], scope: Scope): MillraceError {
  const prefix = name.slice(0, -1)
  const hint =
    nearestHint(name.at(-1)!, visibleNames(scope, prefix)) ??
    // The relation may be what is misspelt.
    (prefix.length === 1 ? nearestHint(prefix[0]!, relationNames(scope)) : undefined)
  const message = `Column '${name.join('.')}' cannot be resolved`
  return semanticError('COLUMN_NOT_FOUND', node, message, hint)
}

export function analyzeIdentifier(node: Identifier, context: ExpressionContext): Expression {
  const name = node.value.toLowerCase()
  const column = resolveColumn([name], node, context)
  if (column !== undefined) return column
  throw unresolved(node, [name], context.scope)
}

/** `a.b` is a column of relation a, or else field b of the row a. */
export function analyzeDereference(
  node: DereferenceExpression,
  context: ExpressionContext,
): Expression {
  if (node.field === undefined) {
    throw semanticError(
      'INVALID_FUNCTION_ARGUMENT',
      node,
      'label.* syntax is only supported as the only argument of row pattern count function',
    )
  }
  const name = qualifiedNameOf(node)
  if (name !== undefined) {
    const column = resolveColumn(name, node, context)
    if (column !== undefined) return column
    if (!isColumnReference(context.scope, name)) {
      throw unresolved(node, name, context.scope)
    }
  }
  const base = analyze(node.base, context)
  if (base.type.kind !== 'row') {
    throw semanticError(
      'TYPE_MISMATCH',
      node.base,
      `Expression ${expressionText(node.base)} is not of type ROW`,
    )
  }
  const wanted = node.field.value.toLowerCase()
  const matches = base.type.fields.flatMap((f, i) => (f.name?.toLowerCase() === wanted ? [i] : []))
  if (matches.length > 1) {
    throw semanticError(
      'AMBIGUOUS_NAME',
      node.field,
      `Ambiguous row field reference: ${node.field.value}`,
    )
  }
  if (matches.length === 0) {
    throw semanticError(
      'INVALID_COLUMN_REFERENCE',
      node,
      `Column reference '${expressionText(node)}' is invalid`,
    )
  }
  return rowField(base, matches[0]!)
}
