import type { Relation, TableFunctionInvocation } from '../parser/ast/index.js'
import type { Analysis } from './analysis.js'
import type { BoundRelation } from './bound.js'
import type { Scope } from './scope.js'
import { semanticError } from './semantic-error.js'

export function analyzeTableFunction(
  node: TableFunctionInvocation,
  _scope: Scope,
  _analysis: Analysis,
  _analyzeRelation: (node: Relation, scope: Scope, analysis: Analysis) => BoundRelation,
): BoundRelation {
  const name = node.name.parts.map((part) => part.value.toLowerCase()).join('.')
  throw semanticError('FUNCTION_NOT_FOUND', node, `Table function '${name}' not registered`)
}
