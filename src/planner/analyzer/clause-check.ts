import type { Expression } from '../../expressions/ir.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import { BOOLEAN, typeName } from '../../spi/index.js'
import type {
  Expression as AstExpression,
  FunctionCall,
  GroupingOperation,
  Identifier,
  NodeBase,
  WindowOperation,
} from '../parser/ast/index.js'
import { analyze, type ExpressionContext, type MetCall } from './analysis.js'
import { coerceNoting } from './coercion-analysis.js'
import { expressionText } from './expression-text.js'
import { semanticError } from './semantic-error.js'

/**
 * Refuses aggregations and window functions in what is about single rows.
 * @param what begins the message, such as `WHERE clause`
 * @throws MillraceError EXPRESSION_NOT_SCALAR
 */
export function refuseCalls(met: readonly MetCall[], node: NodeBase, what: string): void {
  if (met.length === 0) return
  throw semanticError(
    'EXPRESSION_NOT_SCALAR',
    node,
    `${what} cannot contain aggregations, window functions or grouping operations: [${met.map((m) => m.text).join(', ')}]`,
  )
}

/**
 * Refuses them by the text alone: what else is wrong in the clause is said after that.
 * @throws MillraceError EXPRESSION_NOT_SCALAR
 * @source Trino Analyzer.verifyNoAggregateWindowOrGroupingFunctions
 */
export function refuseWrittenCalls(
  node: AstExpression,
  registry: FunctionRegistry,
  what: string,
): void {
  const calls = writtenCalls(node)
  const aggregates = calls.filter(
    (call) =>
      call.kind === 'functionCall' &&
      call.window === undefined &&
      registry.kinds(lastNameOf(call)).has('aggregate'),
  )
  const windows = calls.filter((call) => call.kind === 'functionCall' && call.window !== undefined)
  const groupings = calls.filter((call) => call.kind === 'groupingOperation')
  refuseCalls(
    [
      ...aggregates.map((call) => met('aggregate', call)),
      ...windows.map((call) => met('window', call)),
      ...groupings.map((call) => met('grouping', call)),
    ],
    node,
    what,
  )
}

/** A call of a function, a measure or GROUPING, as written. */
type WrittenCall = FunctionCall | WindowOperation | GroupingOperation

const CALL_KINDS: ReadonlySet<unknown> = new Set<WrittenCall['kind']>([
  'functionCall',
  'windowOperation',
  'groupingOperation',
])

/** The calls in an expression but for those of its subqueries, inner ones first. */
export function writtenCalls(node: AstExpression): readonly WrittenCall[] {
  const calls: WrittenCall[] = []
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    // What a subquery has is its own.
    if ('kind' in value && value.kind === 'query') return
    for (const item of Object.values(value)) visit(item)
    if ('kind' in value && CALL_KINDS.has(value.kind)) calls.push(value as WrittenCall)
  }
  visit(node)
  return calls
}

const lastNameOf = (call: FunctionCall): string => call.name.parts.at(-1)?.value.toLowerCase() ?? ''
const met = (kind: MetCall['kind'], node: WrittenCall): MetCall => ({
  id: '',
  kind,
  node,
  text: expressionText(node),
})

/** A condition of WHERE, HAVING or ON. */
export function analyzeCondition(
  node: AstExpression,
  context: ExpressionContext,
  clause: string,
): Expression {
  const condition = analyze(node, context)
  if (condition.type.kind !== 'boolean' && condition.type.kind !== 'unknown') {
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `${clause} clause must evaluate to a boolean: actual type ${typeName(condition.type)}`,
    )
  }
  return coerceNoting(context.analysis, condition, BOOLEAN)
}

/**
 * Checks the column names that WITH or CREATE TABLE AS gives a query.
 * @throws MillraceError MISMATCHED_COLUMN_ALIASES, DUPLICATE_COLUMN_NAME
 * @source Trino StatementAnalyzer.validateColumnAliases
 */
export function checkColumnNames(names: readonly Identifier[], columnCount: number): void {
  if (names.length !== columnCount) {
    throw semanticError(
      'MISMATCHED_COLUMN_ALIASES',
      names[0]!,
      `Column alias list has ${names.length} entries but relation has ${columnCount} columns`,
    )
  }
  const seen = new Set<string>()
  for (const name of names) {
    const key = name.value.toLowerCase()
    if (seen.has(key)) {
      throw semanticError(
        'DUPLICATE_COLUMN_NAME',
        name,
        `Column name '${name.value}' specified more than once`,
      )
    }
    seen.add(key)
  }
}
