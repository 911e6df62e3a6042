import { commonSuperType } from '../../expressions/coercion.js'
import { isComparable, type SourceLocation, typeName } from '../../spi/index.js'
import type { Identifier, Join, Relation } from '../parser/ast/index.js'
import { readFields } from './access-uses.js'
import { type Analysis, expressionContext, newField } from './analysis.js'
import type { BoundJoin, BoundRelation, Field, UsingColumn } from './bound.js'
import { analyzeCondition, refuseWrittenCalls } from './clause-check.js'
import { relationScope, type Scope } from './scope.js'
import { semanticError } from './semantic-error.js'

type AnalyzeRelation = (node: Relation, scope: Scope, analysis: Analysis) => BoundRelation

const TYPES = {
  CROSS: 'inner',
  IMPLICIT: 'inner',
  INNER: 'inner',
  LEFT: 'left',
  RIGHT: 'right',
  FULL: 'full',
} as const

/** What an outer join can only be made with unconditionally: its rows come from each row of the left side. */
function unnestedForm(node: Relation): 'UNNEST' | 'JSON_TABLE' | undefined {
  if (node.kind === 'aliasedRelation') return unnestedForm(node.relation)
  if (node.kind === 'jsonTable') return 'JSON_TABLE'
  return node.kind === 'unnest' ? 'UNNEST' : undefined
}

function lateralLocation(node: Relation): SourceLocation | undefined {
  if (node.kind === 'aliasedRelation') return lateralLocation(node.relation)
  return node.kind === 'lateral' ? node.query.location : undefined
}

const isLateral = (node: Relation): boolean =>
  node.kind === 'aliasedRelation'
    ? isLateral(node.relation)
    : node.kind === 'unnest' || node.kind === 'lateral' || node.kind === 'jsonTable'

export function analyzeJoin(
  node: Join,
  scope: Scope,
  analysis: Analysis,
  analyzeRelation: AnalyzeRelation,
): BoundJoin {
  if (node.criteria?.kind === 'naturalJoin') {
    throw semanticError('NOT_SUPPORTED', node, 'Natural join not supported')
  }
  const left = analyzeRelation(node.left, scope, analysis)
  const lateral = isLateral(node.right)
  const leftScope = relationScope(left.fields, scope)
  const isForbidden = node.type === 'RIGHT' || node.type === 'FULL'
  const rightScope = !lateral
    ? scope
    : isForbidden
      ? { ...leftScope, forbiddenJoin: node.type as 'RIGHT' | 'FULL' }
      : leftScope
  const right = analyzeRelation(node.right, rightScope, analysis)
  const location = lateralLocation(node.right)
  const base = {
    kind: 'join',
    type: TYPES[node.type],
    left,
    right,
    lateral,
    ...(location === undefined ? {} : { lateralLocation: location }),
  } as const
  const { criteria } = node
  checkUnnested(node)
  if (criteria?.kind === 'joinUsing') {
    return { ...base, ...analyzeUsing(criteria.columns, left.fields, right.fields, analysis) }
  }
  const fields = [...left.fields, ...right.fields]
  if (criteria === undefined) return { ...base, fields }
  const context = expressionContext(analysis, {
    ...relationScope(fields, scope),
    forbidsOuter: node.type !== 'INNER',
    forbidsCorrelation: node.type !== 'INNER' && analysis.session.extendedDecorrelation !== true,
  })
  refuseWrittenCalls(criteria.expression, analysis.registry, 'JOIN clause')
  const condition = analyzeCondition(criteria.expression, context, 'JOIN ON')
  return { ...base, fields, condition }
}

/** Of joins with what is unnested, Trino makes those whose condition is the word TRUE. */
function checkUnnested({ type, right, criteria, location }: Join): void {
  const form = unnestedForm(right)
  if (form === undefined || criteria === undefined || criteria.kind === 'naturalJoin') return
  const condition = criteria.kind === 'joinOn' ? criteria.expression : undefined
  if (condition?.kind === 'booleanLiteral' && condition.value) return
  throw semanticError(
    'NOT_SUPPORTED',
    condition ?? { location },
    `${type} JOIN involving ${form} is only supported with condition ON TRUE`,
  )
}

function usingField(column: Identifier, fields: readonly Field[], side: string): Field {
  const name = column.value.toLowerCase()
  const matches = fields.filter((f) => f.name?.toLowerCase() === name)
  if (matches.length > 1) {
    throw semanticError('AMBIGUOUS_NAME', column, `Column '${name}' is ambiguous`)
  }
  if (matches[0] !== undefined) return matches[0]
  throw semanticError(
    'COLUMN_NOT_FOUND',
    column,
    `Column '${column.value}' is missing from ${side} side of join`,
  )
}

/** USING: one column each in place of both, without qualifier, before the rest of both sides. */
function analyzeUsing(
  columns: readonly Identifier[],
  left: readonly Field[],
  right: readonly Field[],
  analysis: Analysis,
): { readonly fields: readonly Field[]; readonly using: readonly UsingColumn[] } {
  const seen = new Set<string>()
  const using = columns.map((column): UsingColumn => {
    const name = column.value.toLowerCase()
    if (seen.has(name)) {
      throw semanticError(
        'DUPLICATE_COLUMN_NAME',
        column,
        `Column '${column.value}' appears multiple times in USING clause`,
      )
    }
    seen.add(name)
    const leftField = usingField(column, left, 'left')
    const rightField = usingField(column, right, 'right')
    readFields(analysis, [leftField, rightField])
    const type = commonSuperType(leftField.type, rightField.type)
    if (type === undefined || !isComparable(type)) {
      throw semanticError(
        'TYPE_MISMATCH',
        column,
        `Cannot apply operator: ${typeName(leftField.type)} = ${typeName(rightField.type)}`,
      )
    }
    return {
      field: newField(analysis, type, column.value),
      left: leftField,
      right: rightField,
    }
  })
  const joined = new Set(using.flatMap((u) => [u.left.id, u.right.id]))
  const rest = [...left, ...right].filter((f) => !joined.has(f.id))
  return { using, fields: [...using.map((u) => u.field), ...rest] }
}
