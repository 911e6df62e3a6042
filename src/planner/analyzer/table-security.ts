import { canCoerce } from '../../expressions/coercion.js'
import type { Expression } from '../../expressions/ir.js'
import { and, caseWhen, coerce, TRUE } from '../../expressions/ir-build.js'
import { BOOLEAN, type ErrorCode, MillraceError, typeName } from '../../spi/index.js'
import type { Accessor, QualifiedObjectName } from '../metadata.js'
import type { NodeBase } from '../parser/ast/index.js'
import { type Analysis, analyze, expressionContext, newFields } from './analysis.js'
import type { BoundRelation, BoundSelect, Field } from './bound.js'
import { refuseCalls } from './clause-check.js'
import { fieldReference } from './column-analysis.js'
import { failure } from './failure.js'
import {
  accessorOfExpression,
  type ParsedExpression,
  type ParsedSecurity,
  securityOf,
} from './metadata-collection.js'
import { relationScope, rootScope, type Scope } from './scope.js'
import { semanticError } from './semantic-error.js'

/** A table or view with what somebody may see of it. */
interface Secured {
  readonly name: QualifiedObjectName
  /** Where the statement names it. */
  readonly node: NodeBase
  /** Of all columns; expressions see them as they are, without masks. */
  readonly fields: readonly Field[]
}

/** The row filters and column masks of a table for whose rights the analysis uses. */
export const tableSecurity = (
  name: QualifiedObjectName,
  { access, metadata }: Analysis,
): ParsedSecurity | undefined =>
  access === undefined ? undefined : securityOf(metadata, name, access.accessor)

/**
 * The rows and values that may be seen of a relation: a query over it.
 * @param columns names of its fields' columns, by position
 * @throws INVALID_ROW_FILTER, INVALID_COLUMN_MASK, TYPE_MISMATCH, where the table is named
 * @source Trino StatementAnalyzer.analyzeFiltersAndMasks, RelationPlanner.addRowFilters and addColumnMasks
 */
export function withSecurity(
  relation: BoundRelation,
  columns: readonly string[],
  secured: Secured,
  security: ParsedSecurity,
  analysis: Analysis,
): BoundSelect {
  const outputs = relation.fields.map((field, i): Expression => {
    const mask = security.columnMasks.get(columns[i]!)
    return mask === undefined
      ? fieldReference(field)
      : columnMask(secured, columns[i]!, field, mask, analysis)
  })
  const where = rowFilter(secured, security, analysis)
  return {
    kind: 'select',
    from: relation,
    outputs,
    fields: newFields(analysis, relation.fields),
    distinct: false,
    orderBy: [],
    ...(where === undefined ? {} : { where }),
  }
}

/** The condition of all row filters; undefined where there is none. */
export function rowFilter(
  secured: Secured,
  { rowFilters }: ParsedSecurity,
  analysis: Analysis,
): Expression | undefined {
  const { name, node } = secured
  const text = printedName(name)
  const what: What = {
    code: 'INVALID_ROW_FILTER',
    noun: 'row filter',
    key: `filter of ${text}`,
    text,
  }
  const filters = rowFilters.map((filter) => {
    const condition = analyzeOwn(secured, what, filter, analysis)
    if (canCoerce(condition.type, BOOLEAN)) return coerce(condition, BOOLEAN)
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `Expected row filter for '${text}' to be of type BOOLEAN, but was ${typeName(condition.type)}`,
    )
  })
  return filters.length === 0 ? undefined : and(filters)
}

function columnMask(
  secured: Secured,
  column: string,
  { type }: Field,
  mask: ParsedExpression,
  analysis: Analysis,
): Expression {
  const text = `${printedName(secured.name)}.${column}`
  const what: What = {
    code: 'INVALID_COLUMN_MASK',
    noun: 'column mask',
    key: `mask of ${text}`,
    text,
  }
  const value = analyzeOwn(secured, what, mask, analysis)
  if (canCoerce(value.type, type)) return coerce(value, type)
  throw semanticError(
    'TYPE_MISMATCH',
    secured.node,
    `Expected column mask for '${text}' to be of type ${typeName(type)}, but was ${typeName(value.type)}`,
  )
}

interface What {
  readonly code: ErrorCode
  readonly noun: string
  /** Tells it from others that are being analysed. */
  readonly key: string
  readonly text: string
}

/** An expression over the table's columns, analysed as it says. */
function analyzeOwn(
  { name, node, fields }: Secured,
  what: What,
  { written, node: expression }: ParsedExpression,
  analysis: Analysis,
): Expression {
  const { access, session } = analysis
  const accessor: Accessor = accessorOfExpression(written, access!.accessor)
  const key = JSON.stringify([what.key, accessor.owner ?? session.user])
  const first = `${what.noun[0]!.toUpperCase()}${what.noun.slice(1)}`
  const invalid = (code: MillraceError['code'], cause: MillraceError): MillraceError => {
    const message = `Invalid ${what.noun} for '${what.text}': ${cause.message}`
    return new MillraceError(code, message, { location: node.location, cause })
  }
  if (expression instanceof MillraceError) throw invalid(what.code, expression)
  if (analysis.filterStack.includes(key)) {
    throw semanticError(what.code, node, `${first} for '${what.text}' is recursive`)
  }
  // Whom an expression is read as must be allowed to read its columns.
  const columns = fields.map((field) => field.name!)
  access!.uses.addFields(accessor, name, fields, columns)
  const { catalog, schema } = written
  const { catalog: _, schema: __, ...rest } = session
  const inner: Analysis = {
    ...analysis,
    access: { uses: access!.uses, accessor },
    filterStack: [...analysis.filterStack, key],
    session: {
      ...rest,
      ...(catalog === undefined ? {} : { catalog }),
      ...(schema === undefined ? {} : { schema }),
    },
  }
  const scope: Scope = relationScope(fields, rootScope)
  const context = expressionContext(inner, scope)
  const analysed = analyzeOr(() => analyze(expression, context), invalid)
  refuseCalls(context.met, expression, `${first} for '${what.text}'`)
  return analysed
}

function analyzeOr(
  work: () => Expression,
  invalid: (code: MillraceError['code'], cause: MillraceError) => MillraceError,
): Expression {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof MillraceError)) throw cause
    throw invalid(cause.code, cause)
  }
}

/** A condition that holds for each row, or fails the query. @source Trino LogicalPlanner, failIfPredicateIsNotMet */
export const orRefused = (condition: Expression, { registry }: Analysis): Expression => {
  const message = 'Access Denied: Cannot insert row that does not match a row filter'
  const refused = failure(registry, 'PERMISSION_DENIED', message, BOOLEAN)
  return caseWhen([{ condition, result: TRUE }], refused)
}

/** @throws NOT_SUPPORTED where a table has what a statement that changes it can't do with */
export function refuseSecurity(
  name: QualifiedObjectName,
  node: NodeBase,
  analysis: Analysis,
  messages: { readonly filter?: string; readonly mask?: string },
): void {
  const security = tableSecurity(name, analysis)
  if (security === undefined) return
  const message =
    security.rowFilters.length > 0 && messages.filter !== undefined
      ? messages.filter
      : security.columnMasks.size > 0
        ? messages.mask
        : undefined
  if (message !== undefined) throw semanticError('NOT_SUPPORTED', node, message)
}

const printedName = ({ catalog, schema, name }: QualifiedObjectName): string =>
  `${catalog}.${schema}.${name}`
