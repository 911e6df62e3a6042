import { MillraceError } from '../spi/error.js'
import {
  arrayType,
  charType,
  decimalType,
  functionType,
  MAX_DECIMAL_PRECISION,
  mapType,
  qdigestType,
  type RowField,
  rowType,
  type SimpleTypeKind,
  type SqlType,
  timestampType,
  timestampWithTimeZoneType,
  timeType,
  timeWithTimeZoneType,
  varcharType,
} from '../spi/type/type.js'

/**
 * A type as it is written in a signature: `bigint`, `varchar(x)`, `decimal(p, s)`, `array(T)`, `function(T,boolean)`.
 * A bare name that is no type is a variable; variables match whatever their case.
 * @source Trino TypeSignature
 */
export type TypeTemplate =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'type'; readonly base: string; readonly args: readonly TemplateArgument[] }

export type TemplateArgument =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'numberVariable'; readonly name: string }
  | { readonly kind: 'type'; readonly type: TypeTemplate; readonly fieldName?: string }

/** What the variables of a signature stand for; names in lower case. */
export interface TypeBindings {
  readonly types: ReadonlyMap<string, SqlType>
  readonly numbers: ReadonlyMap<string, number>
}

/** The length that stands for an unbounded VARCHAR in length arithmetic. */
export const UNBOUNDED_LENGTH = 2_147_483_647

const SIMPLE_KINDS: Readonly<Record<SimpleTypeKind, true>> = {
  unknown: true,
  boolean: true,
  tinyint: true,
  smallint: true,
  integer: true,
  bigint: true,
  real: true,
  double: true,
  varbinary: true,
  json: true,
  json2016: true,
  date: true,
  'interval year to month': true,
  'interval day to second': true,
  uuid: true,
  ipaddress: true,
  hyperloglog: true,
  p4hyperloglog: true,
  setdigest: true,
  objectid: true,
  tdigest: true,
  color: true,
  jsonpath: true,
  joniregexp: true,
  likepattern: true,
  codepoints: true,
  geometry: true,
  sphericalgeography: true,
  kdbtree: true,
  bingtile: true,
}

const ALIASES: Readonly<Record<string, string>> = { int: 'integer' }

/** Bases whose arguments are numbers. */
const NUMERIC_ARGUMENTS = new Set([
  'varchar',
  'char',
  'decimal',
  'time',
  'timestamp',
  'time with time zone',
  'timestamp with time zone',
])
const COMPOSITES = new Set(['array', 'map', 'row', 'qdigest', 'function'])

const isTypeBase = (name: string): boolean =>
  Object.hasOwn(SIMPLE_KINDS, name) || NUMERIC_ARGUMENTS.has(name) || COMPOSITES.has(name)

interface Cursor {
  readonly text: string
  readonly tokens: readonly string[]
  position: number
}

const TOKEN = /"(?:[^"]|"")*"|[A-Za-z_$][A-Za-z0-9_$]*|\d+|[(),]/g

function fail(cursor: Cursor): never {
  throw new MillraceError('TYPE_NOT_FOUND', `Unknown type: ${cursor.text}`)
}

function expect(cursor: Cursor, token: string): void {
  if (cursor.tokens[cursor.position++] !== token) fail(cursor)
}

function accept(cursor: Cursor, ...words: string[]): boolean {
  for (let i = 0; i < words.length; i++) {
    if (cursor.tokens[cursor.position + i]?.toLowerCase() !== words[i]) return false
  }
  cursor.position += words.length
  return true
}

function parseTemplateAt(cursor: Cursor): TypeTemplate {
  const word = cursor.tokens[cursor.position++]
  if (word === undefined || !/^[A-Za-z_]/.test(word)) fail(cursor)
  const lower = word.toLowerCase()
  let base = ALIASES[lower] ?? lower
  if (base === 'interval') {
    if (accept(cursor, 'year', 'to', 'month')) base = 'interval year to month'
    else if (accept(cursor, 'day', 'to', 'second')) base = 'interval day to second'
    else fail(cursor)
  }
  if (base === 'double') accept(cursor, 'precision')
  let args: readonly TemplateArgument[] = []
  if (accept(cursor, '(')) {
    args = parseArguments(cursor, base)
    expect(cursor, ')')
  }
  if ((base === 'time' || base === 'timestamp') && accept(cursor, 'with', 'time', 'zone')) {
    base = `${base} with time zone`
  }
  if (!isTypeBase(base)) {
    if (args.length > 0) fail(cursor)
    return { kind: 'variable', name: lower }
  }
  return { kind: 'type', base, args }
}

function parseArguments(cursor: Cursor, base: string): TemplateArgument[] {
  const args: TemplateArgument[] = []
  do {
    args.push(parseArgument(cursor, base))
  } while (accept(cursor, ','))
  return args
}

function parseArgument(cursor: Cursor, base: string): TemplateArgument {
  if (NUMERIC_ARGUMENTS.has(base)) {
    const token = cursor.tokens[cursor.position++]
    if (token === undefined) fail(cursor)
    if (/^\d+$/.test(token)) return { kind: 'number', value: Number(token) }
    if (!/^[A-Za-z]/.test(token)) fail(cursor)
    return { kind: 'numberVariable', name: token.toLowerCase() }
  }
  if (base !== 'row') return { kind: 'type', type: parseTemplateAt(cursor) }
  return parseRowField(cursor)
}

/** `"a" bigint`, `a bigint` or `bigint`: a name is there if what follows it is not the end of the field. */
function parseRowField(cursor: Cursor): TemplateArgument {
  const start = cursor.position
  const word = cursor.tokens[start] ?? fail(cursor)
  if (word.startsWith('"')) {
    cursor.position++
    const fieldName = word.slice(1, -1).replaceAll('""', '"')
    return { kind: 'type', type: parseTemplateAt(cursor), fieldName }
  }
  const next = cursor.tokens[start + 1]
  if (next !== undefined && next !== '(' && next !== ')' && next !== ',') {
    if (!isMultiWordType(cursor, start)) {
      cursor.position++
      return { kind: 'type', type: parseTemplateAt(cursor), fieldName: word.toLowerCase() }
    }
  }
  return { kind: 'type', type: parseTemplateAt(cursor) }
}

function isMultiWordType(cursor: Cursor, start: number): boolean {
  const words = cursor.tokens.slice(start, start + 3).map((word) => word.toLowerCase())
  const [first, second, third] = words
  if (first === 'interval') return (second === 'year' || second === 'day') && third === 'to'
  if (first === 'double') return second === 'precision'
  return (first === 'time' || first === 'timestamp') && second === 'with' && third === 'time'
}

const templates = new Map<string, TypeTemplate>()

/** Parses a type as signatures write it; the same text gives the same object. */
export function parseTemplate(text: string): TypeTemplate {
  const known = templates.get(text)
  if (known !== undefined) return known
  const cursor: Cursor = { text, tokens: text.match(TOKEN) ?? [], position: 0 }
  const template = parseTemplateAt(cursor)
  if (cursor.position !== cursor.tokens.length) fail(cursor)
  if (templates.size > 10_000) templates.clear()
  templates.set(text, template)
  return template
}

const NO_BINDINGS: TypeBindings = { types: new Map(), numbers: new Map() }

/**
 * Parses the text of a type, as typeName writes it or as SQL does (`int`, `double precision`, `row(a bigint)`).
 * @throws TYPE_NOT_FOUND for anything that is no type.
 */
export function parseType(text: string): SqlType {
  const type = instantiate(parseTemplate(text), NO_BINDINGS)
  if (type === undefined) throw new MillraceError('TYPE_NOT_FOUND', `Unknown type: ${text}`)
  return type
}

/** Puts bound types and numbers in the place of a template's variables; undefined where one is not bound. */
export function instantiate(template: TypeTemplate, bindings: TypeBindings): SqlType | undefined {
  if (template.kind === 'variable') return bindings.types.get(template.name)
  const { base, args } = template
  if (Object.hasOwn(SIMPLE_KINDS, base)) return { kind: base as SimpleTypeKind }
  if (NUMERIC_ARGUMENTS.has(base)) {
    const numbers: number[] = []
    for (const argument of args) {
      const number =
        argument.kind === 'number'
          ? argument.value
          : argument.kind === 'numberVariable'
            ? bindings.numbers.get(argument.name)
            : undefined
      if (number === undefined) return undefined
      numbers.push(number)
    }
    return numericType(base, numbers)
  }
  const fields: RowField[] = []
  for (const argument of args) {
    const type = argument.kind === 'type' ? instantiate(argument.type, bindings) : undefined
    if (type === undefined || argument.kind !== 'type') return undefined
    fields.push(argument.fieldName === undefined ? { type } : { name: argument.fieldName, type })
  }
  return compositeType(base, fields)
}

/** Greater numbers make no type; a decimal's are checked where it is made. */
const MAX_NUMBERS: Readonly<Record<string, number>> = {
  varchar: UNBOUNDED_LENGTH,
  char: 65_536,
  time: 12,
  timestamp: 12,
  'time with time zone': 12,
  'timestamp with time zone': 12,
}

/** The type of a base with numbers as arguments, with SQL's defaults for those left out. */
export function numericType(base: string, numbers: readonly number[]): SqlType | undefined {
  const [first, second] = numbers
  if (first !== undefined && first > (MAX_NUMBERS[base] ?? first)) return undefined
  switch (base) {
    case 'varchar':
      return varcharType(first)
    case 'char':
      return charType(first ?? 1)
    case 'decimal':
      return checkedDecimalType(first ?? 38, second ?? 0)
    case 'time':
      return timeType(first)
    case 'timestamp':
      return timestampType(first)
    case 'time with time zone':
      return timeWithTimeZoneType(first)
    case 'timestamp with time zone':
      return timestampWithTimeZoneType(first)
  }
  return undefined
}

function checkedDecimalType(precision: number, scale: number): SqlType {
  if (precision < 1 || precision > MAX_DECIMAL_PRECISION) {
    const message = `DECIMAL precision must be in range [1, 38]: ${precision}`
    throw new MillraceError('INVALID_FUNCTION_ARGUMENT', message)
  }
  if (scale < 0 || scale > precision) {
    const message = `DECIMAL scale must be in range [0, precision (${precision})]: ${scale}`
    throw new MillraceError('INVALID_FUNCTION_ARGUMENT', message)
  }
  return decimalType(precision, scale)
}

function compositeType(base: string, fields: readonly RowField[]): SqlType | undefined {
  const types = fields.map((field) => field.type)
  const [first, second] = types
  switch (base) {
    case 'array':
      return first && arrayType(first)
    case 'qdigest':
      return first && qdigestType(first)
    case 'map':
      return first && second && mapType(first, second)
    case 'row':
      return rowType(fields)
    case 'function':
      return types.length === 0 ? undefined : functionType(types.slice(0, -1), types.at(-1)!)
  }
  return undefined
}

/** The numeric arguments of a type, in the order its template writes them. */
export function typeNumbers(type: SqlType): readonly number[] {
  switch (type.kind) {
    case 'varchar':
      return [type.length ?? UNBOUNDED_LENGTH]
    case 'char':
      return [type.length]
    case 'decimal':
      return [type.precision, type.scale]
    case 'time':
    case 'timestamp':
    case 'time with time zone':
    case 'timestamp with time zone':
      return [type.precision]
    default:
      return []
  }
}

/** The types inside a type, in the order its template writes them. */
export function typeArguments(type: SqlType): readonly SqlType[] {
  switch (type.kind) {
    case 'array':
    case 'qdigest':
      return [type.element]
    case 'map':
      return [type.key, type.value]
    case 'row':
      return type.fields.map((field) => field.type)
    case 'function':
      return [...type.argumentTypes, type.returnType]
    default:
      return []
  }
}

/** Tells whether a template has variables of either kind. */
export function hasVariables(template: TypeTemplate): boolean {
  if (template.kind === 'variable') return true
  return template.args.some(
    (argument) =>
      argument.kind === 'numberVariable' ||
      (argument.kind === 'type' && hasVariables(argument.type)),
  )
}
