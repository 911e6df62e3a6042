import { commonSuperType, isComparable } from '../../expressions/coercion.js'
import { type SqlType, typeName } from '../../spi/index.js'
import type { QueryBody, Relation, SetOperation } from '../parser/ast/index.js'
import { type Analysis, newField, visibleFields } from './analysis.js'
import type { BoundRelation, BoundSetOperation, Field } from './bound.js'
import type { Scope } from './scope.js'
import { semanticError } from './semantic-error.js'

type AnalyzeRelation = (node: Relation, scope: Scope, analysis: Analysis) => BoundRelation

const relationsOf = (node: SetOperation): readonly QueryBody[] =>
  node.kind === 'except' ? [node.left, node.right] : node.relations

/** Columns have the names of the first query and the common types of all. */
export function analyzeSetOperation(
  node: SetOperation,
  scope: Scope,
  analysis: Analysis,
  analyzeRelation: AnalyzeRelation,
): BoundSetOperation {
  const name = node.kind.toUpperCase()
  if (node.corresponding !== undefined) {
    throw semanticError('NOT_SUPPORTED', node.corresponding, 'CORRESPONDING is not supported')
  }
  const sources = relationsOf(node).map((relation) => analyzeRelation(relation, scope, analysis))
  const inputs = sources.map((source) => visibleFields(source.fields))
  const first = inputs[0]!
  const types: SqlType[] = first.map((f) => f.type)
  for (const fields of inputs.slice(1)) {
    if (fields.length !== first.length) {
      throw semanticError(
        'TYPE_MISMATCH',
        node,
        `${name} query has different number of fields: ${first.length}, ${fields.length}`,
      )
    }
    fields.forEach((f, i) => {
      const common = commonSuperType(types[i]!, f.type)
      if (common === undefined) {
        throw semanticError(
          'TYPE_MISMATCH',
          node,
          `column ${i + 1} in ${name} query has incompatible types: ${typeName(types[i]!)}, ${typeName(f.type)}`,
        )
      }
      types[i] = common
    })
  }
  if (node.distinct || node.kind !== 'union') {
    const wrong = types.find((type) => !isComparable(type))
    if (wrong !== undefined) {
      throw semanticError(
        'TYPE_MISMATCH',
        node,
        `Type ${typeName(wrong)} is not comparable and therefore cannot be used in ${name}${node.distinct ? ' DISTINCT' : ''}`,
      )
    }
  }
  return {
    kind: 'setOperation',
    operation: node.kind,
    distinct: node.distinct,
    sources,
    fields: first.map((f, i): Field => newField(analysis, types[i]!, f.name)),
  }
}
