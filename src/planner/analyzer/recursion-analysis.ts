import { canCoerce } from '../../expressions/coercion.js'
import type { Expression } from '../../expressions/ir.js'
import { coerce } from '../../expressions/ir-build.js'
import { type SqlType, typeName, typesEqual } from '../../spi/index.js'
import type {
  NodeBase,
  QueryBody,
  Relation,
  Table,
  WithQuery as WithQueryNode,
} from '../parser/ast/index.js'
import { readFields } from './access-uses.js'
import { type Analysis, newField, newFields, visibleFields } from './analysis.js'
import type { BoundRecursion, BoundRecursiveReference, BoundRelation, Field } from './bound.js'
import { checkColumnNames } from './clause-check.js'
import { fieldReference } from './column-analysis.js'
import type { Scope } from './scope.js'
import { semanticError } from './semantic-error.js'

type AnalyzeRelation = (node: Relation, scope: Scope, analysis: Analysis) => BoundRelation

/**
 * A query of WITH RECURSIVE that refers to itself: `anchor UNION [ALL] step`. Undefined for one that does not.
 * @source Trino StatementAnalyzer.tryProcessRecursiveQuery
 */
export function analyzeRecursiveQuery(
  node: WithQueryNode,
  scope: Scope,
  analysis: Analysis,
  analyzeRelation: AnalyzeRelation,
): BoundRecursion | undefined {
  const names = node.columnNames
  if (names === undefined) {
    throw semanticError(
      'MISSING_COLUMN_ALIASES',
      node,
      'missing column aliases in recursive WITH query',
    )
  }
  const name = node.name.value.toLowerCase()
  const union = node.query.queryBody
  const allReferences = references(node.query, name)
  if (union.kind !== 'union' || union.relations.length !== 2 || node.query.with !== undefined) {
    if (allReferences.length === 0) return undefined
    throw invalidReference(allReferences[0]!, 'recursive reference not allowed in this context')
  }
  const [anchorNode, stepNode] = union.relations as [QueryBody, QueryBody]
  const [inAnchor] = references(anchorNode, name)
  if (inAnchor !== undefined) {
    throw invalidReference(
      inAnchor,
      'WITH table name is referenced in the base relation of recursion',
    )
  }
  const inStep = references(stepNode, name)
  if (inStep.length === 0) return undefined
  if (inStep.length > 1) {
    throw invalidReference(
      inStep[1]!,
      'multiple recursive references in the step relation of recursion',
    )
  }
  checkStep(node, stepNode)
  checkReferencePlace(stepNode, inStep[0]!, name)
  const anchorRelation = analyzeRelation(anchorNode, scope, analysis)
  const anchorFields = visibleFields(anchorRelation.fields)
  checkColumnNames(names, anchorFields.length)
  const types = anchorFields.map((f) => f.type)
  const fields = types.map((type, i): Field => newField(analysis, type, names[i]!.value))
  const reference: BoundRecursiveReference = {
    kind: 'recursiveReference',
    id: analysis.newId('f'),
    fields: newFields(analysis, fields),
  }
  const stepScope: Scope = {
    fields: [],
    parent: scope,
    isQueryBoundary: false,
    withQueries: new Map([[name, { relation: reference, recursiveReference: reference }]]),
  }
  const stepRelation = analyzeRelation(stepNode, stepScope, analysis)
  return {
    kind: 'recursion',
    anchor: projectedTo(anchorRelation, types, analysis),
    step: coercedStep(stepNode, stepRelation, types, analysis),
    stepReference: reference,
    distinct: union.distinct,
    fields,
  }
}

/** The step's columns take the types of the anchor's. */
function coercedStep(
  node: QueryBody,
  step: BoundRelation,
  types: readonly SqlType[],
  analysis: Analysis,
): BoundRelation {
  const stepFields = visibleFields(step.fields)
  if (stepFields.length !== types.length) {
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `base and step relations of recursion have different number of fields: ${types.length}, ${stepFields.length}`,
    )
  }
  stepFields.forEach((f, i) => {
    if (typesEqual(f.type, types[i]!) || canCoerce(f.type, types[i]!)) return
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `recursion step relation output type (${typeName(f.type)}) is not coercible to recursion base relation output type (${typeName(types[i]!)}) at column ${i + 1}`,
    )
  })
  return projectedTo(step, types, analysis)
}

function projectedTo(
  source: BoundRelation,
  types: readonly SqlType[],
  analysis: Analysis,
): BoundRelation {
  const sources = visibleFields(source.fields)
  readFields(analysis, sources)
  return {
    kind: 'projection',
    source,
    expressions: sources.map((f, i): Expression => coerce(fieldReference(f), types[i]!)),
    fields: types.map((type) => newField(analysis, type)),
  }
}

const invalidReference = (node: NodeBase, message: string) =>
  semanticError('INVALID_RECURSIVE_REFERENCE', node, message)

/** Clauses that would have to see all steps at once. */
function checkStep(node: WithQueryNode, step: QueryBody): void {
  const unsupported = (place: NodeBase | undefined, what: string): void => {
    if (place !== undefined) {
      throw semanticError('NOT_SUPPORTED', place, `immediate ${what} clause in recursive query`)
    }
  }
  const outer = node.query
  unsupported(outer.orderBy, 'ORDER BY')
  unsupported(outer.offset, 'OFFSET')
  refuseLimit(outer.limit)
  if (step.kind === 'querySpecification') {
    unsupported(step.orderBy, 'ORDER BY')
    unsupported(step.offset, 'OFFSET')
    refuseLimit(step.limit)
  }
}

function refuseLimit(place: NodeBase | undefined): void {
  if (place === undefined) return
  throw semanticError(
    'INVALID_LIMIT_CLAUSE',
    place,
    'immediate FETCH FIRST / LIMIT clause in recursive query',
  )
}

/**
 * The reference stands in the step's FROM, where no row that it has or lacks takes others away.
 * @throws MillraceError INVALID_RECURSIVE_REFERENCE
 * @source Trino StatementAnalyzer.validateFromClauseOfRecursiveTerm
 */
function checkReferencePlace(step: QueryBody, reference: Table, name: string): void {
  const body = withoutParentheses(step)
  const from = body.kind === 'querySpecification' ? body.from : undefined
  if (references(from, name).length === 0) {
    throw invalidReference(
      reference,
      'recursive reference outside of FROM clause of the step relation of recursion',
    )
  }
  checkSources(from, reference, name)
}

function withoutParentheses(body: QueryBody): QueryBody {
  return body.kind === 'tableSubquery' && body.query.with === undefined
    ? withoutParentheses(body.query.queryBody)
    : body
}

/** Outer joins and set operations around the reference. */
function checkSources(root: unknown, reference: Table, name: string): void {
  if (Array.isArray(root)) {
    for (const item of root) checkSources(item, reference, name)
    return
  }
  if (typeof root !== 'object' || root === null || references(root, name).length === 0) return
  const node = root as Relation
  const has = (part: unknown) => references(part, name).length > 0
  if (node.kind === 'join') {
    const { type } = node
    if (has(node.left) && (type === 'RIGHT' || type === 'FULL')) {
      throw invalidReference(reference, `recursive reference in left source of ${type} join`)
    }
    if (has(node.right) && (type === 'LEFT' || type === 'FULL')) {
      throw invalidReference(reference, `recursive reference in right source of ${type} join`)
    }
  } else if (node.kind === 'intersect' && !node.distinct) {
    throw invalidReference(reference, 'recursive reference in INTERSECT ALL')
  } else if (node.kind === 'except') {
    const { left, right } = node
    const quantifier = node.distinct ? 'DISTINCT' : 'ALL'
    if (has(right)) {
      throw invalidReference(
        reference,
        `recursive reference in right relation of EXCEPT ${quantifier}`,
      )
    }
    if (has(left) && !node.distinct) {
      throw invalidReference(reference, 'recursive reference in left relation of EXCEPT ALL')
    }
  }
  Object.values(node).forEach((part) => checkSources(part, reference, name))
}

/** Tables of this bare name in a syntax tree. */
function references(root: unknown, name: string): readonly Table[] {
  const found: Table[] = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (typeof value === 'object' && value !== null) {
      if (isTable(value)) {
        const { parts } = value.name
        if (parts.length === 1 && parts[0]!.value.toLowerCase() === name) found.push(value)
        return
      }
      Object.values(value).forEach(visit)
    }
  }
  visit(root)
  return found
}

const isTable = (value: object): value is Table =>
  'kind' in value && value.kind === 'table' && 'name' in value
