import type {
  JsonTable,
  JsonTableColumnDefinition,
  JsonTableDefaultPlan,
  JsonTableSpecificPlan,
  NestedColumns,
  PlanLeaf,
} from './ast/index.js'
import type { TokenCursor } from './cursor.js'
import {
  parseJsonPathInvocation,
  parseJsonRepresentation,
  parseQueryClauses,
  parseValueBehaviors,
} from './json.js'
import { parseString } from './literal.js'
import { isStringKind, Token } from './token.js'

/** `JSON_TABLE(input, path COLUMNS (…) [PLAN …] [… ON ERROR])`. */
export function parseJsonTable(cursor: TokenCursor): JsonTable {
  const location = cursor.location(cursor.expect(Token.JSON_TABLE))
  cursor.expect(Token.LEFT_PAREN)
  const jsonPathInvocation = parseJsonPathInvocation(cursor)
  cursor.expect(Token.COLUMNS)
  const columns = cursor.parenthesizedList(parseColumn)
  const plan = parsePlanClause(cursor)
  const error = cursor.accept(Token.ERROR)
  const errorBehavior = error || cursor.accept(Token.EMPTY)
  if (errorBehavior) {
    cursor.expect(Token.ON)
    cursor.expect(Token.ERROR)
  }
  cursor.expect(Token.RIGHT_PAREN)
  return {
    kind: 'jsonTable',
    location,
    jsonPathInvocation,
    columns,
    ...plan,
    ...(errorBehavior ? { errorBehavior: error ? 'ERROR' : 'EMPTY' } : {}),
  }
}

function parsePlanClause(cursor: TokenCursor): Pick<JsonTable, 'plan'> {
  if (!cursor.accept(Token.PLAN)) return {}
  const isDefault = cursor.accept(Token.DEFAULT)
  cursor.expect(Token.LEFT_PAREN)
  const plan = isDefault ? parseDefaultPlan(cursor) : parseSpecificPlan(cursor)
  cursor.expect(Token.RIGHT_PAREN)
  return { plan }
}

function parseColumn(cursor: TokenCursor): JsonTableColumnDefinition {
  const location = cursor.location(cursor.index)
  if (startsNestedColumns(cursor)) return parseNestedColumns(cursor)
  const name = cursor.identifier()
  if (cursor.accept(Token.FOR)) {
    cursor.expect(Token.ORDINALITY)
    return { kind: 'ordinalityColumn', location, name }
  }
  const type = cursor.rules.dataType(cursor)
  const formatted = cursor.accept(Token.FORMAT)
  const format = formatted ? parseJsonRepresentation(cursor) : 'JSON'
  const jsonPath = cursor.accept(Token.PATH) ? { jsonPath: parseString(cursor) } : {}
  if (formatted) {
    const { emptyBehavior = 'NULL', ...clauses } = parseQueryClauses(cursor)
    const rest = { ...jsonPath, ...clauses, emptyBehavior }
    return { kind: 'queryColumn', location, name, type, format, ...rest }
  }
  const { emptyBehavior = 'NULL', ...behaviors } = parseValueBehaviors(cursor)
  return { kind: 'valueColumn', location, name, type, ...jsonPath, emptyBehavior, ...behaviors }
}

/** NESTED may also be the name of a column. */
function startsNestedColumns(cursor: TokenCursor): boolean {
  if (!cursor.at(Token.NESTED)) return false
  if (isStringKind(cursor.peek(1))) return true
  return cursor.peek(1) === Token.PATH && isStringKind(cursor.peek(2))
}

function parseNestedColumns(cursor: TokenCursor): NestedColumns {
  cursor.enter()
  const location = cursor.location(cursor.expect(Token.NESTED))
  cursor.accept(Token.PATH)
  const jsonPath = parseString(cursor)
  const pathName = cursor.accept(Token.AS) ? { pathName: cursor.identifier() } : {}
  cursor.expect(Token.COLUMNS)
  const columns = cursor.parenthesizedList(parseColumn)
  cursor.leave()
  return { kind: 'nestedColumns', location, jsonPath, ...pathName, columns }
}

/** `a`, `a OUTER b`, `a INNER (…)`, `a UNION b UNION (…)`, `a CROSS b`. */
function parseSpecificPlan(cursor: TokenCursor): JsonTableSpecificPlan {
  const location = cursor.location(cursor.index)
  const isName = cursor.atIdentifier
  const first = parsePlanPrimary(cursor)
  const separator = cursor.kind
  switch (separator) {
    case Token.OUTER:
    case Token.INNER: {
      if (!isName || first.kind !== 'planLeaf') cursor.fail(Token.UNION, Token.CROSS)
      cursor.advance()
      const child = parsePlanPrimary(cursor)
      const type = separator === Token.OUTER ? 'OUTER' : 'INNER'
      return { kind: 'planParentChild', location, type, parent: first, child }
    }
    case Token.UNION:
    case Token.CROSS: {
      const siblings = [first]
      while (cursor.accept(separator)) siblings.push(parsePlanPrimary(cursor))
      const type = separator === Token.UNION ? 'UNION' : 'CROSS'
      return { kind: 'planSiblings', location, type, siblings }
    }
  }
  if (!isName) cursor.fail(Token.UNION, Token.CROSS)
  return first
}

function parsePlanPrimary(cursor: TokenCursor): JsonTableSpecificPlan {
  if (!cursor.accept(Token.LEFT_PAREN)) return parsePlanLeaf(cursor)
  const plan = cursor.nested(parseSpecificPlan)
  cursor.expect(Token.RIGHT_PAREN)
  return plan
}

function parsePlanLeaf(cursor: TokenCursor): PlanLeaf {
  const name = cursor.identifier()
  return { kind: 'planLeaf', location: name.location, name }
}

/** `OUTER | INNER [, UNION | CROSS]` in either order. */
function parseDefaultPlan(cursor: TokenCursor): JsonTableDefaultPlan {
  const location = cursor.location(cursor.index)
  const kinds = [cursor.expectOneOf(Token.OUTER, Token.INNER, Token.UNION, Token.CROSS)]
  const isSibling = kinds[0] === Token.UNION || kinds[0] === Token.CROSS
  if (cursor.accept(Token.COMMA)) {
    const others = isSibling ? [Token.OUTER, Token.INNER] : [Token.UNION, Token.CROSS]
    kinds.push(cursor.expectOneOf(...others))
  }
  return {
    kind: 'jsonTableDefaultPlan',
    location,
    parentChild: kinds.includes(Token.INNER) ? 'INNER' : 'OUTER',
    siblings: kinds.includes(Token.CROSS) ? 'CROSS' : 'UNION',
  }
}
