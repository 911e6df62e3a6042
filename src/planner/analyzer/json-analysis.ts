import type { Expression } from '../../expressions/ir.js'
import type { JsonExpression } from '../parser/ast/index.js'
import { semanticError } from './semantic-error.js'

export function analyzeJsonForm(node: JsonExpression): Expression {
  throw semanticError('NOT_SUPPORTED', node, 'SQL/JSON functions are not supported')
}
