import type {
  DataType,
  DataTypeParameter,
  Identifier,
  IntervalField,
  ParameterDeclaration,
  RowDataTypeField,
} from './ast/index.js'
import type { TokenCursor } from './cursor.js'
import { isIdentifierKind, Token, type TokenKind } from './token.js'

const INTERVAL_FIELDS: ReadonlyMap<TokenKind, IntervalField> = new Map([
  [Token.YEAR, 'YEAR'],
  [Token.MONTH, 'MONTH'],
  [Token.DAY, 'DAY'],
  [Token.HOUR, 'HOUR'],
  [Token.MINUTE, 'MINUTE'],
  [Token.SECOND, 'SECOND'],
])

export function isIntervalField(kind: TokenKind): boolean {
  return INTERVAL_FIELDS.has(kind)
}

export function parseIntervalField(cursor: TokenCursor): IntervalField {
  const field = INTERVAL_FIELDS.get(cursor.kind)
  if (field === undefined) cursor.fail(...INTERVAL_FIELDS.keys())
  cursor.advance()
  return field
}

/** `type`. */
export function parseDataType(cursor: TokenCursor): DataType {
  const start = cursor.index
  cursor.enter()
  let type = parseBaseType(cursor)
  while (cursor.at(Token.ARRAY)) {
    const name = keywordIdentifier(cursor, cursor.advance())
    if (cursor.accept(Token.LEFT_BRACKET)) {
      const size = cursor.expect(Token.INTEGER_VALUE)
      cursor.expect(Token.RIGHT_BRACKET)
      cursor.complain(size, 'Explicit array size not supported')
    }
    type = {
      kind: 'genericDataType',
      location: cursor.location(start),
      name,
      parameters: [typeParameter(type)],
    }
  }
  cursor.leave()
  return type
}

function parseBaseType(cursor: TokenCursor): DataType {
  const start = cursor.index
  const location = cursor.location(start)
  const next = cursor.peek(1)
  switch (cursor.kind) {
    case Token.ROW:
      if (next !== Token.LEFT_PAREN) break
      return parseRowType(cursor)
    case Token.INTERVAL: {
      if (!isIntervalField(next)) break
      cursor.advance()
      const from = parseIntervalField(cursor)
      const to = cursor.accept(Token.TO) ? parseIntervalField(cursor) : from
      return { kind: 'intervalDataType', location, from, to }
    }
    case Token.TIME:
    case Token.TIMESTAMP:
      return parseDateTimeType(cursor)
    case Token.DOUBLE:
      if (next !== Token.PRECISION) break
      cursor.index += 2
      return {
        kind: 'genericDataType',
        location,
        name: keywordIdentifier(cursor, start),
        parameters: [],
      }
    case Token.ARRAY:
    case Token.MAP:
      if (next === Token.LT) return parseLegacyType(cursor)
      break
  }
  const name = cursor.identifier()
  const parameters = cursor.at(Token.LEFT_PAREN) ? cursor.parenthesizedList(parseTypeParameter) : []
  return { kind: 'genericDataType', location, name, parameters }
}

/** `ROW(field, …)`; with a number among the fields it is a generic type of that name. */
function parseRowType(cursor: TokenCursor): DataType {
  const start = cursor.advance()
  const location = cursor.location(start)
  const items = cursor.parenthesizedList((inner) => {
    return inner.at(Token.INTEGER_VALUE) ? parseTypeParameter(inner) : parseRowField(inner)
  })
  const fields = items.filter((item) => item.kind === 'rowDataTypeField')
  if (fields.length === items.length) return { kind: 'rowDataType', location, fields }
  if (fields.some(({ name }) => name !== undefined)) cursor.fail()
  const parameters = items.map((item): DataTypeParameter => {
    return item.kind === 'rowDataTypeField' ? typeParameter(item.type) : item
  })
  return { kind: 'genericDataType', location, name: keywordIdentifier(cursor, start), parameters }
}

function parseDateTimeType(cursor: TokenCursor): DataType {
  const start = cursor.advance()
  const base = cursor.kindAt(start) === Token.TIME ? 'time' : 'timestamp'
  let precision: DataTypeParameter | undefined
  if (cursor.accept(Token.LEFT_PAREN)) {
    precision = parseTypeParameter(cursor)
    if (cursor.accept(Token.COMMA)) {
      // with two parameters it can only be a generic type of that name
      const parameters = [precision, ...cursor.list(parseTypeParameter)]
      cursor.expect(Token.RIGHT_PAREN)
      const name = keywordIdentifier(cursor, start)
      return { kind: 'genericDataType', location: cursor.location(start), name, parameters }
    }
    cursor.expect(Token.RIGHT_PAREN)
  }
  let withTimeZone = false
  if (cursor.acceptSequence(Token.WITH, Token.TIME, Token.ZONE)) withTimeZone = true
  else cursor.acceptSequence(Token.WITHOUT, Token.TIME, Token.ZONE)
  return {
    kind: 'dateTimeDataType',
    location: cursor.location(start),
    base,
    withTimeZone,
    ...(precision === undefined ? {} : { precision }),
  }
}

/** `ARRAY<t>` and `MAP<k, v>`. */
function parseLegacyType(cursor: TokenCursor): DataType {
  const start = cursor.advance()
  cursor.expect(Token.LT)
  const parameters = [typeParameter(parseDataType(cursor))]
  if (cursor.kindAt(start) === Token.MAP) {
    cursor.expect(Token.COMMA)
    parameters.push(typeParameter(parseDataType(cursor)))
  }
  cursor.expect(Token.GT)
  return {
    kind: 'genericDataType',
    location: cursor.location(start),
    name: keywordIdentifier(cursor, start),
    parameters,
  }
}

function parseTypeParameter(cursor: TokenCursor): DataTypeParameter {
  if (cursor.at(Token.INTEGER_VALUE)) {
    const index = cursor.advance()
    return {
      kind: 'numericParameter',
      location: cursor.location(index),
      text: cursor.textAt(index),
    }
  }
  return typeParameter(parseDataType(cursor))
}

function typeParameter(type: DataType): DataTypeParameter {
  return { kind: 'typeParameter', location: type.location, type }
}

function keywordIdentifier(cursor: TokenCursor, index: number): Identifier {
  return {
    kind: 'identifier',
    location: cursor.location(index),
    value: cursor.textAt(index),
    delimited: false,
  }
}

/** `type | identifier type`: where both fit, such as `double precision`, it is a type. */
function parseRowField(cursor: TokenCursor): RowDataTypeField {
  const location = cursor.location(cursor.index)
  const named = isIdentifierKind(cursor.kind) && !startsUnnamedField(cursor)
  const name = named ? cursor.identifier() : undefined
  return {
    kind: 'rowDataTypeField',
    location,
    ...(name === undefined ? {} : { name }),
    type: parseDataType(cursor),
  }
}

function startsUnnamedField(cursor: TokenCursor): boolean {
  const next = cursor.peek(1)
  switch (next) {
    case Token.COMMA:
    case Token.RIGHT_PAREN:
    case Token.LEFT_PAREN:
    case Token.LT:
    case Token.WITH:
      return true
    case Token.WITHOUT:
      return isDateTime(cursor.kind) && cursor.peek(2) === Token.TIME
    case Token.PRECISION:
      return cursor.at(Token.DOUBLE) && endsField(cursor.peek(2))
    case Token.ARRAY:
      return endsField(cursor.peek(2)) || cursor.peek(2) === Token.LEFT_BRACKET
  }
  if (!cursor.at(Token.INTERVAL) || !isIntervalField(next)) return !isIdentifierKind(next)
  return endsField(cursor.peek(2)) || cursor.peek(2) === Token.TO
}

function endsField(kind: TokenKind): boolean {
  return kind === Token.COMMA || kind === Token.RIGHT_PAREN || kind === Token.ARRAY
}

function isDateTime(kind: TokenKind): boolean {
  return kind === Token.TIME || kind === Token.TIMESTAMP
}

/** `identifier? type`: where both fit, such as `double precision`, the first word is a name. */
export function parseParameterDeclaration(cursor: TokenCursor): ParameterDeclaration {
  const location = cursor.location(cursor.index)
  const name = startsNamedParameter(cursor) ? cursor.identifier() : undefined
  return {
    kind: 'parameterDeclaration',
    location,
    ...(name === undefined ? {} : { name }),
    type: parseDataType(cursor),
  }
}

function startsNamedParameter(cursor: TokenCursor): boolean {
  const next = cursor.peek(1)
  if (!isIdentifierKind(cursor.kind) || !isIdentifierKind(next)) return false
  if (next === Token.WITHOUT && isDateTime(cursor.kind)) return cursor.peek(2) !== Token.TIME
  if (next === Token.ARRAY)
    return cursor.peek(2) !== Token.LEFT_BRACKET && cursor.peek(2) !== Token.ARRAY
  return !(cursor.at(Token.INTERVAL) && isIntervalField(next) && cursor.peek(2) === Token.TO)
}
