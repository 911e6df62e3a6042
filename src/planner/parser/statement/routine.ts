import type {
  CaseStatementWhenClause,
  CompoundStatement,
  ControlStatement,
  ElseClause,
  ElseIfClause,
  FunctionSpecification,
  Property,
  RoutineCharacteristic,
  StringLiteral,
  VariableDeclaration,
} from '../ast/index.js'
import type { TokenCursor } from '../cursor.js'
import { parseParameterDeclaration } from '../data-type.js'
import { parseString } from '../literal.js'
import { parseQualifiedName, parseWithProperties } from '../name.js'
import { Token } from '../token.js'

/** `FUNCTION name(…) RETURNS type characteristics body`. */
export function parseFunctionSpecification(cursor: TokenCursor): FunctionSpecification {
  const start = cursor.expect(Token.FUNCTION)
  const name = parseQualifiedName(cursor)
  cursor.expect(Token.LEFT_PAREN)
  const parameters = cursor.at(Token.RIGHT_PAREN) ? [] : cursor.list(parseParameterDeclaration)
  cursor.expect(Token.RIGHT_PAREN)
  const returns = { location: cursor.location(cursor.expect(Token.RETURNS)) }
  const returnType = cursor.rules.dataType(cursor)
  const { routineCharacteristics, properties } = parseCharacteristics(cursor)
  const body = parseBody(cursor)
  return {
    kind: 'functionSpecification',
    location: cursor.location(start),
    span: cursor.spanFrom(start),
    name,
    parameters,
    returns,
    returnType,
    routineCharacteristics,
    properties,
    ...body,
  }
}

function parseBody(
  cursor: TokenCursor,
): { statement: ControlStatement } | { definition: StringLiteral } {
  if (cursor.accept(Token.AS)) {
    const index = cursor.expect(Token.DOLLAR_STRING)
    const value = cursor.textAt(index).slice(2, -2)
    if (!/^\r?\n/.test(value)) {
      cursor.complain(index, 'Function definition must start with a newline after opening quotes')
    }
    return { definition: { kind: 'stringLiteral', location: cursor.location(index), value } }
  }
  const start = cursor.index
  const statement = parseControlStatement(cursor)
  if (statement.kind !== 'returnStatement' && statement.kind !== 'compoundStatement') {
    cursor.complain(start, 'Function body must start with RETURN or BEGIN')
  }
  return { statement }
}

function parseCharacteristics(cursor: TokenCursor): {
  routineCharacteristics: RoutineCharacteristic[]
  properties: Property[]
} {
  const routineCharacteristics: RoutineCharacteristic[] = []
  const properties: Property[] = []
  for (;;) {
    if (cursor.at(Token.WITH)) {
      properties.push(...parseWithProperties(cursor))
      continue
    }
    const characteristic = parseCharacteristic(cursor)
    if (characteristic === undefined) return { routineCharacteristics, properties }
    routineCharacteristics.push(characteristic)
  }
}

function parseCharacteristic(cursor: TokenCursor): RoutineCharacteristic | undefined {
  const location = cursor.location(cursor.index)
  switch (cursor.kind) {
    case Token.LANGUAGE:
      cursor.advance()
      return { kind: 'languageCharacteristic', location, language: cursor.identifier() }
    case Token.NOT:
    case Token.DETERMINISTIC: {
      const deterministic = !cursor.accept(Token.NOT)
      cursor.expect(Token.DETERMINISTIC)
      return { kind: 'deterministicCharacteristic', location, deterministic }
    }
    case Token.RETURNS:
    case Token.CALLED: {
      const calledOnNull = cursor.at(Token.CALLED)
      cursor.advance()
      if (!calledOnNull) cursor.expect(Token.NULL)
      cursor.expect(Token.ON)
      cursor.expect(Token.NULL)
      cursor.expect(Token.INPUT)
      return { kind: 'nullInputCharacteristic', location, calledOnNull }
    }
    case Token.SECURITY: {
      cursor.advance()
      const definer = cursor.expectOneOf(Token.DEFINER, Token.INVOKER) === Token.DEFINER
      const security = definer ? 'DEFINER' : 'INVOKER'
      return { kind: 'securityCharacteristic', location, security }
    }
    case Token.COMMENT:
      cursor.advance()
      return { kind: 'commentCharacteristic', location, comment: parseString(cursor).value }
    default:
      return undefined
  }
}

/** `controlStatement`. */
export function parseControlStatement(cursor: TokenCursor): ControlStatement {
  cursor.enter()
  const result = parseStatement(cursor)
  cursor.leave()
  return result
}

function parseStatement(cursor: TokenCursor): ControlStatement {
  const location = cursor.location(cursor.index)
  if (cursor.atIdentifier && cursor.peek(1) === Token.COLON) return parseLoop(cursor)
  switch (cursor.kind) {
    case Token.RETURN:
      cursor.advance()
      return { kind: 'returnStatement', location, value: cursor.rules.valueExpression(cursor) }
    case Token.SET: {
      cursor.advance()
      const target = cursor.identifier()
      cursor.expect(Token.EQ)
      const value = cursor.rules.expression(cursor)
      return { kind: 'assignmentStatement', location, target, value }
    }
    case Token.CASE:
      return parseCaseStatement(cursor)
    case Token.IF:
      return parseIfStatement(cursor)
    case Token.ITERATE:
      cursor.advance()
      return { kind: 'iterateStatement', location, label: cursor.identifier() }
    case Token.LEAVE:
      cursor.advance()
      return { kind: 'leaveStatement', location, label: cursor.identifier() }
    case Token.BEGIN:
      return parseCompoundStatement(cursor)
    default:
      return parseLoop(cursor)
  }
}

function parseStatementList(cursor: TokenCursor): ControlStatement[] {
  const statements: ControlStatement[] = []
  do {
    statements.push(parseControlStatement(cursor))
    cursor.expect(Token.SEMICOLON)
  } while (startsControlStatement(cursor))
  return statements
}

function startsControlStatement(cursor: TokenCursor): boolean {
  switch (cursor.kind) {
    case Token.END:
    case Token.ELSE:
    case Token.WHEN:
    case Token.EOF:
      return false
    case Token.ELSEIF:
    case Token.UNTIL:
      // not reserved: they may be labels
      return cursor.peek(1) === Token.COLON
    default:
      return true
  }
}

function parseCaseStatement(cursor: TokenCursor): ControlStatement {
  const location = cursor.location(cursor.expect(Token.CASE))
  const operand = cursor.at(Token.WHEN) ? {} : { expression: cursor.rules.expression(cursor) }
  const whenClauses: CaseStatementWhenClause[] = []
  do {
    const whenLocation = cursor.location(cursor.expect(Token.WHEN))
    const expression = cursor.rules.expression(cursor)
    cursor.expect(Token.THEN)
    const statements = parseStatementList(cursor)
    whenClauses.push({
      kind: 'caseStatementWhenClause',
      location: whenLocation,
      expression,
      statements,
    })
  } while (cursor.at(Token.WHEN))
  const elseClause = parseElse(cursor)
  cursor.expect(Token.END)
  cursor.expect(Token.CASE)
  return { kind: 'caseStatement', location, ...operand, whenClauses, ...elseClause }
}

function parseElse(cursor: TokenCursor): { elseClause?: ElseClause } {
  const location = cursor.location(cursor.index)
  if (!cursor.accept(Token.ELSE)) return {}
  return { elseClause: { kind: 'elseClause', location, statements: parseStatementList(cursor) } }
}

function parseIfStatement(cursor: TokenCursor): ControlStatement {
  const location = cursor.location(cursor.expect(Token.IF))
  const expression = cursor.rules.expression(cursor)
  cursor.expect(Token.THEN)
  const statements = parseStatementList(cursor)
  const elseIfClauses: ElseIfClause[] = []
  while (cursor.at(Token.ELSEIF)) {
    const elseIfLocation = cursor.location(cursor.advance())
    const condition = cursor.rules.expression(cursor)
    cursor.expect(Token.THEN)
    elseIfClauses.push({
      kind: 'elseIfClause',
      location: elseIfLocation,
      expression: condition,
      statements: parseStatementList(cursor),
    })
  }
  const elseClause = parseElse(cursor)
  cursor.expect(Token.END)
  cursor.expect(Token.IF)
  return { kind: 'ifStatement', location, expression, statements, elseIfClauses, ...elseClause }
}

function parseCompoundStatement(cursor: TokenCursor): CompoundStatement {
  const location = cursor.location(cursor.expect(Token.BEGIN))
  const variableDeclarations: VariableDeclaration[] = []
  while (cursor.at(Token.DECLARE) && cursor.peek(1) !== Token.COLON) {
    variableDeclarations.push(parseVariableDeclaration(cursor))
    cursor.expect(Token.SEMICOLON)
  }
  const statements = cursor.at(Token.END) ? [] : parseStatementList(cursor)
  cursor.expect(Token.END)
  return { kind: 'compoundStatement', location, variableDeclarations, statements }
}

function parseVariableDeclaration(cursor: TokenCursor): VariableDeclaration {
  const location = cursor.location(cursor.expect(Token.DECLARE))
  const names = cursor.list((inner) => inner.identifier())
  const type = cursor.rules.dataType(cursor)
  const defaultValue = cursor.accept(Token.DEFAULT)
    ? { defaultValue: cursor.rules.valueExpression(cursor) }
    : {}
  return { kind: 'variableDeclaration', location, names, type, ...defaultValue }
}

/** LOOP, WHILE and REPEAT with an optional label. */
function parseLoop(cursor: TokenCursor): ControlStatement {
  const location = cursor.location(cursor.index)
  const labelled = cursor.atIdentifier && cursor.peek(1) === Token.COLON
  const label = labelled ? { label: cursor.identifier() } : {}
  if (labelled) cursor.expect(Token.COLON)
  switch (cursor.expectOneOf(Token.LOOP, Token.REPEAT, Token.WHILE)) {
    case Token.LOOP: {
      const statements = parseStatementList(cursor)
      cursor.expect(Token.END)
      cursor.expect(Token.LOOP)
      return { kind: 'loopStatement', location, ...label, statements }
    }
    case Token.WHILE: {
      const expression = cursor.rules.expression(cursor)
      cursor.expect(Token.DO)
      const statements = parseStatementList(cursor)
      cursor.expect(Token.END)
      cursor.expect(Token.WHILE)
      return { kind: 'whileStatement', location, ...label, expression, statements }
    }
    default: {
      const statements = parseStatementList(cursor)
      cursor.expect(Token.UNTIL)
      const condition = cursor.rules.expression(cursor)
      cursor.expect(Token.END)
      cursor.expect(Token.REPEAT)
      return { kind: 'repeatStatement', location, ...label, statements, condition }
    }
  }
}
