import { commonSuperType } from '../../expressions/coercion.js'
import { isComparable, type SqlType, typeName } from '../../spi/index.js'
import type { Identifier, QueryBody, Relation, SetOperation } from '../parser/ast/index.js'
import { readFields } from './access-uses.js'
import { type Analysis, newField, visibleFields } from './analysis.js'
import type { BoundQuery, BoundRelation, BoundSetOperation, Field } from './bound.js'
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
  const relations = relationsOf(node).map((relation) => analyzeRelation(relation, scope, analysis))
  const sources =
    node.corresponding === undefined
      ? relations
      : correspondingColumns(node, node.corresponding.columns, relations)
  const inputs = sources.map((source) => visibleFields(source.fields))
  for (const fields of inputs) readFields(analysis, fields)
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

/** CORRESPONDING: of each query only the columns whose names all have, in the order of the first or of BY. */
function correspondingColumns(
  node: SetOperation,
  by: readonly Identifier[],
  relations: readonly BoundRelation[],
): readonly BoundRelation[] {
  const byName = relations.map(({ fields }) => columnsByName(node, visibleFields(fields)))
  const names =
    by.length > 0
      ? by.map((column) => column.value.toLowerCase())
      : [...byName[0]!.keys()].filter((name) => byName.every((columns) => columns.has(name)))
  if (names.length === 0) {
    throw semanticError('MISMATCHED_COLUMN_ALIASES', node, 'No corresponding columns')
  }
  return relations.map(
    (body, i): BoundQuery => ({
      kind: 'query',
      body,
      orderBy: [],
      fields: names.map((name) => {
        const field = byName[i]!.get(name)
        if (field !== undefined) return field
        throw semanticError('COLUMN_NOT_FOUND', node, `Corresponding column '${name}' is missing`)
      }),
    }),
  )
}

/** @throws MillraceError MISSING_COLUMN_NAME, AMBIGUOUS_NAME */
function columnsByName(node: SetOperation, fields: readonly Field[]): ReadonlyMap<string, Field> {
  const columns = new Map<string, Field>()
  for (const field of fields) {
    const name = field.name?.toLowerCase()
    if (name === undefined) {
      const message = 'CORRESPONDING needs a name for every column'
      throw semanticError('MISSING_COLUMN_NAME', node, message)
    }
    if (columns.has(name)) {
      throw semanticError('AMBIGUOUS_NAME', node, `Column '${name}' is ambiguous`)
    }
    columns.set(name, field)
  }
  return columns
}
