import { canCoerce, commonSuperType } from '../../expressions/coercion.js'
import type { Expression, Routine, RoutineStatement } from '../../expressions/ir.js'
import { coerce, comparison, nullConstant, symbol } from '../../expressions/ir-build.js'
import { BOOLEAN, type SqlType, typeName, typesEqual } from '../../spi/index.js'
import type {
  Expression as AstExpression,
  CaseStatement,
  CompoundStatement,
  ControlStatement,
  ElseClause,
  FunctionSpecification,
  Identifier,
  IfStatement,
  LoopStatement,
  ParameterDeclaration,
  RepeatStatement,
  WhileStatement,
} from '../parser/ast/index.js'
import { type Analysis, analyze, type ExpressionContext, expressionContext } from './analysis.js'
import type { Field } from './bound.js'
import { refuseCalls } from './clause-check.js'
import { semanticError } from './semantic-error.js'
import { analyzeTypeAt } from './type-analysis.js'

/** The names that a statement of a routine sees. */
interface RoutineScope {
  readonly analysis: Analysis
  readonly returnType: SqlType
  readonly variables: readonly Field[]
  readonly labels: readonly string[]
  /** Numbers the variables, so that blocks beside each other don't share any. */
  readonly ids: { last: number }
}

/**
 * The parameters of a routine, named.
 * @throws MillraceError INVALID_ARGUMENTS for one without a name, or two of one name
 */
export function routineParameters(
  specification: FunctionSpecification,
): readonly { readonly declaration: ParameterDeclaration; readonly field: Field }[] {
  const names = new Set<string>()
  return specification.parameters.map((declaration, i) => {
    const name = declaration.name?.value.toLowerCase()
    if (name === undefined) {
      throw semanticError('INVALID_ARGUMENTS', declaration, 'Function parameters must have a name')
    }
    if (names.has(name)) {
      throw semanticError(
        'INVALID_ARGUMENTS',
        declaration,
        `Duplicate function parameter name: ${name}`,
      )
    }
    names.add(name)
    const type = analyzeTypeAt(declaration.type, declaration)
    return { declaration, field: { id: `@v${i}`, name, type, hidden: false } }
  })
}

/**
 * Analyzes the body of a function written in SQL.
 * @param analysis what resolves the functions it calls
 * @throws MillraceError with Trino's code at the place in the text
 * @source Trino io.trino.sql.routine.SqlRoutineAnalyzer
 */
export function analyzeRoutine(
  specification: FunctionSpecification,
  body: ControlStatement,
  returnsNullOnNull: boolean,
  analysis: Analysis,
): Routine {
  const parameters = routineParameters(specification).map((p) => p.field)
  const returnType = analyzeTypeAt(specification.returnType, specification.returns)
  checkEndsInReturn(body)
  const scope: RoutineScope = {
    analysis: withoutQueries(analysis),
    returnType,
    variables: parameters,
    labels: [],
    ids: { last: parameters.length },
  }
  return {
    parameters: parameters.map(({ id, type }) => ({ name: id, type })),
    returnType,
    returnsNullOnNull,
    body: analyzeStatement(body, scope),
  }
}

function checkEndsInReturn(body: ControlStatement): void {
  if (body.kind === 'returnStatement') return
  const isBlock = body.kind === 'compoundStatement'
  if (isBlock && body.statements.at(-1)?.kind === 'returnStatement') return
  throw semanticError('MISSING_RETURN', body, 'Function must end in a RETURN statement')
}

/** The same analysis for expressions that can't hold a query. */
function withoutQueries(analysis: Analysis): Analysis {
  const refuse = (node: { readonly location: AstExpression['location'] }) =>
    semanticError('NOT_SUPPORTED', node as AstExpression, 'Queries are not allowed in functions')
  return {
    ...analysis,
    withoutAsyncCalls: 'SQL function',
    analyzeExpression(node, context) {
      const isQuery = node.kind === 'subqueryExpression' || node.kind === 'existsPredicate'
      if (isQuery) throw refuse(node)
      if (node.kind === 'parameter') {
        throw semanticError('INVALID_PARAMETER_USAGE', node, 'Query takes no parameters')
      }
      return analysis.analyzeExpression(node, context)
    },
    analyzeQuery(query) {
      throw refuse(query)
    },
  }
}

const valueContext = ({ analysis, variables }: RoutineScope): ExpressionContext =>
  expressionContext(analysis, { fields: variables, isQueryBoundary: false })

function analyzeValue(node: AstExpression, scope: RoutineScope, what: string): Expression {
  const context = valueContext(scope)
  const expression = analyze(node, context)
  refuseCalls(context.met, node, what)
  return expression
}

/** @throws MillraceError TYPE_MISMATCH where it has another type that is not coerced to it */
function analyzeAs(
  node: AstExpression,
  type: SqlType,
  scope: RoutineScope,
  what: string,
): Expression {
  const context = valueContext(scope)
  const expression = analyze(node, context)
  if (!typesEqual(expression.type, type) && !canCoerce(expression.type, type)) {
    throw semanticError(
      'TYPE_MISMATCH',
      node,
      `${what} must evaluate to ${typeName(type)} (actual: ${typeName(expression.type)})`,
    )
  }
  refuseCalls(context.met, node, what)
  return coerce(expression, type)
}

function analyzeStatement(node: ControlStatement, scope: RoutineScope): RoutineStatement {
  switch (node.kind) {
    case 'returnStatement': {
      const value = analyzeAs(node.value, scope.returnType, scope, 'Value of RETURN')
      return { kind: 'return', value }
    }
    case 'assignmentStatement': {
      const name = node.target.value.toLowerCase()
      const variable = scope.variables.find((v) => v.name === name)
      if (variable === undefined) {
        throw semanticError('NOT_FOUND', node.target, `Variable cannot be resolved: ${name}`)
      }
      const what = `Value of SET '${name}'`
      return {
        kind: 'set',
        variable: variable.id,
        value: analyzeAs(node.value, variable.type, scope, what),
      }
    }
    case 'compoundStatement':
      return analyzeCompound(node, scope)
    case 'ifStatement':
      return analyzeIf(node, scope)
    case 'caseStatement':
      return node.expression === undefined
        ? analyzeSearchedCase(node, scope)
        : analyzeSimpleCase(node, node.expression, scope)
    case 'loopStatement':
    case 'whileStatement':
    case 'repeatStatement':
      return analyzeLoop(node, scope)
    case 'leaveStatement':
      return { kind: 'leave', label: usedLabel(node.label, scope) }
    case 'iterateStatement':
      return { kind: 'iterate', label: usedLabel(node.label, scope) }
  }
}

const analyzeAll = (
  statements: readonly ControlStatement[],
  scope: RoutineScope,
): RoutineStatement => ({
  kind: 'block',
  variables: [],
  statements: statements.map((statement) => analyzeStatement(statement, scope)),
})

function analyzeCompound(node: CompoundStatement, scope: RoutineScope): RoutineStatement {
  const variables = [...scope.variables]
  const initials: { name: string; initial: Expression }[] = []
  for (const declaration of node.variableDeclarations) {
    const type = analyzeTypeAt(declaration.type, declaration)
    const initial =
      declaration.defaultValue === undefined
        ? nullConstant(type)
        : analyzeAs(declaration.defaultValue, type, { ...scope, variables }, 'Value of DEFAULT')
    for (const identifier of declaration.names) {
      const name = identifier.value.toLowerCase()
      if (variables.some((v) => v.name === name)) {
        throw semanticError(
          'ALREADY_EXISTS',
          identifier,
          `Variable already declared in this scope: ${name}`,
        )
      }
      const id = `@v${scope.ids.last++}`
      variables.push({ id, name, type, hidden: false })
      initials.push({ name: id, initial })
    }
  }
  const inner = { ...scope, variables }
  return {
    kind: 'block',
    variables: initials,
    statements: node.statements.map((statement) => analyzeStatement(statement, inner)),
  }
}

const analyzeElse = (node: ElseClause | undefined, scope: RoutineScope) =>
  node === undefined ? undefined : analyzeAll(node.statements, scope)

/** A chain of conditions, the first that holds deciding. */
function chain(
  branches: readonly { readonly condition: Expression; readonly onTrue: RoutineStatement }[],
  otherwise: RoutineStatement | undefined,
): RoutineStatement {
  return branches.reduceRight<RoutineStatement | undefined>(
    (rest, { condition, onTrue }) => ({
      kind: 'if',
      condition,
      onTrue,
      ...(rest === undefined ? {} : { otherwise: rest }),
    }),
    otherwise,
  )!
}

function analyzeIf(node: IfStatement, scope: RoutineScope): RoutineStatement {
  const branches = [
    {
      condition: analyzeAs(node.expression, BOOLEAN, scope, 'Condition of IF statement'),
      onTrue: analyzeAll(node.statements, scope),
    },
    ...node.elseIfClauses.map((clause) => ({
      condition: analyzeAs(clause.expression, BOOLEAN, scope, 'Condition of ELSEIF clause'),
      onTrue: analyzeAll(clause.statements, scope),
    })),
  ]
  return chain(branches, analyzeElse(node.elseClause, scope))
}

function analyzeSearchedCase(node: CaseStatement, scope: RoutineScope): RoutineStatement {
  const branches = node.whenClauses.map((clause) => ({
    condition: analyzeAs(clause.expression, BOOLEAN, scope, 'Condition of WHEN clause'),
    onTrue: analyzeAll(clause.statements, scope),
  }))
  return chain(branches, analyzeElse(node.elseClause, scope))
}

/** The value is evaluated once, into a variable without a name. */
function analyzeSimpleCase(
  node: CaseStatement,
  expression: AstExpression,
  scope: RoutineScope,
): RoutineStatement {
  const value = analyzeValue(expression, scope, 'CASE')
  const id = `@v${scope.ids.last++}`
  const branches = node.whenClauses.map((clause) => {
    const candidate = analyzeValue(clause.expression, scope, 'WHEN')
    const type = commonSuperType(value.type, candidate.type)
    if (type === undefined) {
      throw semanticError(
        'TYPE_MISMATCH',
        clause.expression,
        `WHEN value must evaluate to CASE value type ${typeName(value.type)} (actual: ${typeName(candidate.type)})`,
      )
    }
    const condition = comparison('=', coerce(symbol(id, value.type), type), coerce(candidate, type))
    return { condition, onTrue: analyzeAll(clause.statements, scope) }
  })
  return {
    kind: 'block',
    variables: [{ name: id, initial: value }],
    statements: [chain(branches, analyzeElse(node.elseClause, scope))],
  }
}

function analyzeLoop(
  node: LoopStatement | WhileStatement | RepeatStatement,
  scope: RoutineScope,
): RoutineStatement {
  const label = node.label?.value.toLowerCase()
  if (label !== undefined && scope.labels.includes(label)) {
    throw semanticError(
      'ALREADY_EXISTS',
      node.label!,
      `Label already declared in this scope: ${label}`,
    )
  }
  const inner = label === undefined ? scope : { ...scope, labels: [...scope.labels, label] }
  const condition =
    node.kind === 'whileStatement'
      ? { whileTrue: analyzeAs(node.expression, BOOLEAN, scope, 'Condition of WHILE statement') }
      : {}
  const body = analyzeAll(node.statements, inner)
  const until =
    node.kind === 'repeatStatement'
      ? { untilTrue: analyzeAs(node.condition, BOOLEAN, scope, 'Condition of REPEAT statement') }
      : {}
  return { kind: 'loop', ...(label === undefined ? {} : { label }), ...condition, ...until, body }
}

function usedLabel(label: Identifier, scope: RoutineScope): string {
  const name = label.value.toLowerCase()
  if (scope.labels.includes(name)) return name
  throw semanticError('NOT_FOUND', label, `Label not defined: ${name}`)
}
