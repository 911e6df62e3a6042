import type {
  DescriptorField,
  EmptyTableTreatment,
  Expression,
  OrderBy,
  QualifiedName,
  Relation,
  TableFunctionArgument,
  TableFunctionDescriptorArgument,
  TableFunctionInvocation,
  TableFunctionTableArgument,
} from './ast/index.js'
import type { TokenCursor } from './cursor.js'
import { endOfQualifiedName } from './function-call.js'
import { parseColumnAliases, parseQualifiedName } from './name.js'
import { isIdentifierKind, Token } from './token.js'
import { parseSortItem } from './window.js'

/** `TABLE(name(argument, … [COPARTITION …]))`. */
export function parseTableFunction(cursor: TokenCursor): TableFunctionInvocation {
  cursor.expect(Token.TABLE)
  cursor.expect(Token.LEFT_PAREN)
  const location = cursor.location(cursor.index)
  const name = parseQualifiedName(cursor)
  cursor.expect(Token.LEFT_PAREN)
  const empty = cursor.at(Token.RIGHT_PAREN) || startsCopartition(cursor)
  const args = empty ? [] : cursor.list(parseArgument)
  const copartitioning = cursor.accept(Token.COPARTITION) ? cursor.list(parseCopartitionTables) : []
  cursor.expect(Token.RIGHT_PAREN)
  cursor.expect(Token.RIGHT_PAREN)
  return { kind: 'tableFunctionInvocation', location, name, arguments: args, copartitioning }
}

/** `COPARTITION (a, b)`, unless it is a call of a function of that name. */
function startsCopartition(cursor: TokenCursor): boolean {
  if (!cursor.atSequence(Token.COPARTITION, Token.LEFT_PAREN)) return false
  return cursor.kindAt(endOfQualifiedName(cursor, cursor.index + 2)) === Token.COMMA
}

function parseCopartitionTables(cursor: TokenCursor): QualifiedName[] {
  cursor.expect(Token.LEFT_PAREN)
  const names = [parseQualifiedName(cursor)]
  do {
    cursor.expect(Token.COMMA)
    names.push(parseQualifiedName(cursor))
  } while (cursor.at(Token.COMMA))
  cursor.expect(Token.RIGHT_PAREN)
  return names
}

function parseArgument(cursor: TokenCursor): TableFunctionArgument {
  const location = cursor.location(cursor.index)
  const named = cursor.atIdentifier && cursor.peek(1) === Token.FAT_ARROW
  const name = named ? { name: cursor.identifier() } : {}
  if (named) cursor.expect(Token.FAT_ARROW)
  return { kind: 'tableFunctionArgument', location, ...name, value: parseValue(cursor) }
}

function parseValue(cursor: TokenCursor): TableFunctionArgument['value'] {
  if (cursor.at(Token.TABLE)) return parseTableArgument(cursor)
  if (startsDescriptor(cursor)) return parseDescriptor(cursor)
  if (cursor.atSequence(Token.CAST, Token.LEFT_PAREN, Token.NULL) && castsToDescriptor(cursor)) {
    const location = cursor.location(cursor.index)
    cursor.index += 6
    return { kind: 'tableFunctionDescriptorArgument', location }
  }
  return cursor.rules.expression(cursor)
}

/** `CAST(NULL AS DESCRIPTOR)`. */
function castsToDescriptor(cursor: TokenCursor): boolean {
  return (
    cursor.peek(3) === Token.AS &&
    cursor.peek(4) === Token.DESCRIPTOR &&
    cursor.peek(5) === Token.RIGHT_PAREN
  )
}

/** `DESCRIPTOR(a, b integer)`, unless it can only be a call of a function of that name. */
function startsDescriptor(cursor: TokenCursor): boolean {
  return (
    cursor.atSequence(Token.DESCRIPTOR, Token.LEFT_PAREN) &&
    isIdentifierKind(cursor.peek(2)) &&
    cursor.peek(3) !== Token.LEFT_PAREN &&
    cursor.peek(3) !== Token.PERIOD_SIGN
  )
}

function parseDescriptor(cursor: TokenCursor): TableFunctionDescriptorArgument {
  const location = cursor.location(cursor.expect(Token.DESCRIPTOR))
  const fields = cursor.parenthesizedList(parseDescriptorField)
  return {
    kind: 'tableFunctionDescriptorArgument',
    location,
    descriptor: { kind: 'descriptor', location, fields },
  }
}

function parseDescriptorField(cursor: TokenCursor): DescriptorField {
  const location = cursor.location(cursor.index)
  const name = cursor.identifier()
  const type = cursor.atIdentifier ? { type: cursor.rules.dataType(cursor) } : {}
  return { kind: 'descriptorField', location, name, ...type }
}

/** `TABLE(name | query) [alias] [PARTITION BY …] [PRUNE | KEEP WHEN EMPTY] [ORDER BY …]`. */
function parseTableArgument(cursor: TokenCursor): TableFunctionTableArgument {
  const location = cursor.location(cursor.index)
  const table = parseTable(cursor)
  const partitionBy = cursor.acceptSequence(Token.PARTITION, Token.BY)
    ? { partitionBy: parsePartitioning(cursor) }
    : {}
  const treatment = parseEmptyTreatment(cursor)
  const orderBy = cursor.at(Token.ORDER) ? { orderBy: parseArgumentOrderBy(cursor) } : {}
  const clauses = { ...partitionBy, ...treatment, ...orderBy }
  return { kind: 'tableFunctionTableArgument', location, table, ...clauses }
}

function parseTable(cursor: TokenCursor): Relation {
  const location = cursor.location(cursor.expect(Token.TABLE))
  cursor.expect(Token.LEFT_PAREN)
  const relation: Relation = cursor.atIdentifier
    ? { kind: 'table', location, name: parseQualifiedName(cursor) }
    : { kind: 'tableSubquery', location, query: cursor.rules.query(cursor) }
  cursor.expect(Token.RIGHT_PAREN)
  const named = cursor.accept(Token.AS)
  if (!named && !startsAlias(cursor)) return relation
  if (!named && cursor.at(Token.COPARTITION)) {
    const message =
      'The word "COPARTITION" is ambiguous in this context. To alias an argument, precede the ' +
      'alias with "AS". To specify co-partitioning, change the argument order so that the last ' +
      'argument cannot be aliased.'
    cursor.complain(cursor.index, message)
  }
  const alias = cursor.identifier()
  const columnNames = cursor.at(Token.LEFT_PAREN) ? { columnNames: parseColumnAliases(cursor) } : {}
  return { kind: 'aliasedRelation', location, relation, alias, ...columnNames }
}

function startsAlias(cursor: TokenCursor): boolean {
  if (!cursor.atIdentifier) return false
  switch (cursor.kind) {
    case Token.PARTITION:
      return cursor.peek(1) !== Token.BY
    case Token.PRUNE:
    case Token.KEEP:
      return cursor.peek(1) !== Token.WHEN
    case Token.COPARTITION:
      return !startsQualifiedPair(cursor)
    default:
      return true
  }
}

/** Tells whether `(a.b, …` follows, which can't be column aliases. */
function startsQualifiedPair(cursor: TokenCursor): boolean {
  return cursor.peek(1) === Token.LEFT_PAREN && cursor.peek(3) === Token.PERIOD_SIGN
}

/** `(a, b)`, `()` or one expression. */
function parsePartitioning(cursor: TokenCursor): Expression[] {
  if (!startsList(cursor)) return [cursor.rules.expression(cursor)]
  cursor.expect(Token.LEFT_PAREN)
  const columns = cursor.at(Token.RIGHT_PAREN) ? [] : cursor.list(cursor.rules.expression)
  cursor.expect(Token.RIGHT_PAREN)
  return columns
}

/** Tells whether the parenthesis here holds a list rather than the start of an expression. */
function startsList(cursor: TokenCursor): boolean {
  if (!cursor.at(Token.LEFT_PAREN)) return false
  switch (cursor.kindAt(cursor.closerOf(cursor.index) + 1)) {
    case Token.COMMA:
    case Token.COPARTITION:
    case Token.KEEP:
    case Token.ORDER:
    case Token.PRUNE:
    case Token.RIGHT_PAREN:
      return true
    default:
      return false
  }
}

function parseEmptyTreatment(cursor: TokenCursor): { emptyTableTreatment?: EmptyTableTreatment } {
  const location = cursor.location(cursor.index)
  const keep = cursor.accept(Token.KEEP)
  if (!keep && !cursor.accept(Token.PRUNE)) return {}
  cursor.expect(Token.WHEN)
  cursor.expect(Token.EMPTY)
  const treatment = keep ? 'KEEP' : 'PRUNE'
  return { emptyTableTreatment: { kind: 'emptyTableTreatment', location, treatment } }
}

/** `ORDER BY (a, b DESC)` or `ORDER BY a DESC`. */
function parseArgumentOrderBy(cursor: TokenCursor): OrderBy {
  const location = cursor.location(cursor.expect(Token.ORDER))
  cursor.expect(Token.BY)
  const sortItems = startsList(cursor)
    ? cursor.parenthesizedList(parseSortItem)
    : [parseSortItem(cursor)]
  return { kind: 'orderBy', location, sortItems }
}
