import type { Expression, Identifier, NodeBase } from '../parser/ast/index.js'
import type { BoundRecursiveReference, BoundRelation, Field } from './bound.js'
import { semanticError } from './semantic-error.js'

/**
 * The names an expression sees: the fields of one relation, then those of the parent scopes.
 * @source Trino io.trino.sql.analyzer.Scope
 */
export interface Scope {
  readonly fields: readonly Field[]
  readonly parent?: Scope
  /** The parent belongs to the query around this one: what it resolves is a correlation. */
  readonly isQueryBoundary: boolean
  /** WITH queries defined here, by lower-case name. */
  readonly withQueries?: ReadonlyMap<string, WithQuery>
  /** Fields of the left side of a RIGHT or FULL join, which a lateral relation on its right may not use. */
  readonly forbiddenJoin?: 'RIGHT' | 'FULL'
  /** There is a relation, though perhaps without fields: a FROM clause stands. */
  readonly hasRelation?: boolean
  /** What the scopes around this one resolve may not be used. */
  readonly forbidsOuter?: boolean
  /** Subqueries may not use the fields. */
  readonly forbidsCorrelation?: boolean
  /** The fields are columns of the result, which aggregations in ORDER BY can not use. */
  readonly isOutput?: boolean
}

export interface WithQuery {
  /** A relation to reference, or the recursive reference itself inside the step of a recursion. */
  readonly relation: BoundRelation
  readonly recursiveReference?: BoundRecursiveReference
}

export interface ResolvedField {
  readonly field: Field
  readonly scope: Scope
  /** The scope is of a query around the one that names the field. */
  readonly isCorrelated: boolean
}

export const rootScope: Scope = { fields: [], isQueryBoundary: false }

/** A scope for a query inside an expression or a lateral relation. */
export const subqueryScope = (parent: Scope): Scope => ({
  fields: [],
  parent,
  isQueryBoundary: true,
})

export const relationScope = (fields: readonly Field[], parent: Scope): Scope => ({
  fields,
  parent,
  isQueryBoundary: false,
  hasRelation: true,
})

export function findWithQuery(scope: Scope, name: string): WithQuery | undefined {
  for (let s: Scope | undefined = scope; s !== undefined; s = s.parent) {
    const found = s.withQueries?.get(name)
    if (found !== undefined) return found
  }
  return undefined
}

export function* withQueryNames(scope: Scope): Generator<string> {
  for (let s: Scope | undefined = scope; s !== undefined; s = s.parent) {
    yield* s.withQueries?.keys() ?? []
  }
}

/** Whether `prefix` names the field's relation: it equals the end of its qualifier. */
export function matchesPrefix(field: Field, prefix: readonly string[]): boolean {
  if (prefix.length === 0) return true
  const qualifier = field.qualifier
  if (qualifier === undefined || prefix.length > qualifier.length) return false
  const start = qualifier.length - prefix.length
  return prefix.every((part, i) => part === qualifier[start + i])
}

/** The columns of a name in lower case. */
export const fieldsNamed = (
  fields: readonly Field[],
  name: readonly string[],
): readonly Field[] => {
  const last = name[name.length - 1]
  const prefix = name.slice(0, -1)
  return fields.filter((f) => f.name?.toLowerCase() === last && matchesPrefix(f, prefix))
}

/** Some prefix of the name is a column, so that the rest are fields of its ROW. */
function startsWithColumn(fields: readonly Field[], name: readonly string[]): boolean {
  for (let length = name.length - 1; length > 0; length--) {
    if (fieldsNamed(fields, name.slice(0, length)).length > 0) return true
  }
  return false
}

/**
 * The field of a name in lower case, innermost scope first.
 * @throws MillraceError AMBIGUOUS_NAME when one relation has several; INVALID_COLUMN_REFERENCE for a lateral reference out of
 * a RIGHT or FULL join; NOT_SUPPORTED where a scope forbids what is around it
 */
export function resolveField(
  scope: Scope,
  name: readonly string[],
  node: NodeBase,
): ResolvedField | undefined {
  let isForbidden = false
  let isSubquery = false
  for (let s: Scope | undefined = scope; s !== undefined; s = s.parent) {
    const matches = fieldsNamed(s.fields, name)
    if (matches.length > 1) {
      throw semanticError('AMBIGUOUS_NAME', node, `Column '${name.join('.')}' is ambiguous`)
    }
    const field = matches[0]
    if (field !== undefined) {
      if (s.forbiddenJoin !== undefined) {
        throw semanticError(
          'INVALID_COLUMN_REFERENCE',
          node,
          `LATERAL reference not allowed in ${s.forbiddenJoin} JOIN`,
        )
      }
      if (isForbidden || (isSubquery && s.forbidsCorrelation === true)) {
        throw semanticError(
          'NOT_SUPPORTED',
          node,
          `Reference to column '${name.join('.')}' from outer scope not allowed in this context`,
        )
      }
      return { field, scope: s, isCorrelated: isSubquery }
    }
    isForbidden ||= s.forbidsOuter === true
    isSubquery ||= s.isQueryBoundary
    if (startsWithColumn(s.fields, name)) return undefined
  }
  return undefined
}

/** Whether the name begins with a column of any scope in reach. */
export function isColumnReference(scope: Scope, name: readonly string[]): boolean {
  for (let s: Scope | undefined = scope; s !== undefined; s = s.parent) {
    if (startsWithColumn(s.fields, name)) return true
  }
  return false
}

/** The parts of a dotted name written as an expression, in lower case; undefined when it is another expression. */
export function qualifiedNameOf(expression: Expression): readonly string[] | undefined {
  if (expression.kind === 'identifier') return [expression.value.toLowerCase()]
  if (expression.kind !== 'dereferenceExpression' || expression.field === undefined) {
    return undefined
  }
  const base = qualifiedNameOf(expression.base)
  return base === undefined ? undefined : [...base, expression.field.value.toLowerCase()]
}

/** The last part of a dotted name as written: the heading of a column selected by name. */
export function lastNameOf(expression: Expression): Identifier | undefined {
  if (expression.kind === 'identifier') return expression
  return qualifiedNameOf(expression) === undefined || expression.kind !== 'dereferenceExpression'
    ? undefined
    : expression.field
}

/** Names of the columns that an expression sees, of the relations that a prefix names. */
export function* visibleNames(scope: Scope, prefix: readonly string[]): Generator<string> {
  for (let s: Scope | undefined = scope; s !== undefined; s = s.parent) {
    for (const field of s.fields) {
      if (field.name !== undefined && matchesPrefix(field, prefix)) yield field.name
    }
  }
}

/** Names of the relations that an expression sees. */
export function* relationNames(scope: Scope): Generator<string> {
  for (let s: Scope | undefined = scope; s !== undefined; s = s.parent) {
    for (const { qualifier } of s.fields) {
      const name = qualifier?.at(-1)
      if (name !== undefined) yield name
    }
  }
}
