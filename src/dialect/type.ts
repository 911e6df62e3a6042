import type { DataType, Expression } from '../planner/parser/ast/index.js'
import { parseDataType } from '../planner/parser/parser.js'
import { callName } from './call-name.js'
import { nameParts, value } from './expression.js'
import type { ForeignNode } from './foreign-node.js'
import { isJsonField, jsonText } from './json-path.js'
import { notSupported, type Translation } from './translation.js'
import { filled } from './tree.js'

/** Names of types in all dialects, in upper case: Trino's name, to which parameters are added where it ends in `()`. */
const TYPES: Readonly<Record<string, string>> = {
  BIGINT: 'bigint',
  BOOL: 'boolean',
  BOOLEAN: 'boolean',
  BPCHAR: 'char()',
  BYTEA: 'varbinary',
  BYTES: 'varbinary',
  BINARY: 'varbinary',
  BLOB: 'varbinary',
  CHAR: 'char()',
  CHARACTER: 'char()',
  'CHARACTER VARYING': 'varchar()',
  CLOB: 'varchar',
  DATE: 'date',
  DATETIME: 'timestamp(6)',
  DEC: 'decimal()',
  DECIMAL: 'decimal()',
  'DOUBLE PRECISION': 'double',
  DOUBLE: 'double',
  FLOAT: 'double',
  FLOAT4: 'real',
  FLOAT64: 'double',
  FLOAT8: 'double',
  INT: 'integer',
  INT2: 'smallint',
  INT4: 'integer',
  INT64: 'bigint',
  INT8: 'bigint',
  INTEGER: 'integer',
  JSON: 'json',
  JSONB: 'json',
  LONGTEXT: 'varchar',
  MEDIUMTEXT: 'varchar',
  NCHAR: 'char()',
  NUMBER: 'decimal()',
  NUMERIC: 'decimal()',
  NVARCHAR: 'varchar()',
  REAL: 'real',
  SMALLINT: 'smallint',
  STRING: 'varchar',
  TEXT: 'varchar',
  TIME: 'time()',
  TIMESTAMP: 'timestamp()',
  'TIMESTAMP WITHOUT TIME ZONE': 'timestamp()',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz()',
  TIMESTAMPTZ: 'timestamptz()',
  TIMESTAMP_NTZ: 'timestamp()',
  TIMESTAMP_TZ: 'timestamptz()',
  TINYINT: 'tinyint',
  UUID: 'uuid',
  VARBINARY: 'varbinary',
  VARCHAR: 'varchar()',
  VARIANT: 'json',
}

/** What a dialect means by a name otherwise. */
const OWN_TYPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  bigquery: {
    DATETIME: 'timestamp(6)',
    TIMESTAMP: 'timestamp(6) with time zone',
    INT: 'bigint',
    INTEGER: 'bigint',
    SMALLINT: 'bigint',
    TINYINT: 'bigint',
    BYTEINT: 'bigint',
  },
  mysql: {
    SIGNED: 'bigint',
    'SIGNED INTEGER': 'bigint',
    FLOAT: 'real',
    REAL: 'double',
    MEDIUMINT: 'integer',
    YEAR: 'integer',
    DATETIME: 'timestamp()',
  },
  snowflake: {
    BYTEINT: 'decimal(38, 0)',
    REAL: 'double',
    FLOAT4: 'double',
  },
  sqlite: {
    INT: 'bigint',
    INTEGER: 'bigint',
    SMALLINT: 'bigint',
    TINYINT: 'bigint',
    REAL: 'double',
    NUMERIC: 'double',
    DECIMAL: 'double',
  },
  transactsql: {
    BIT: 'boolean',
    DATETIME: 'timestamp(3)',
    DATETIME2: 'timestamp()',
    // 0 to 255.
    TINYINT: 'smallint',
    MONEY: 'decimal(19, 4)',
    UNIQUEIDENTIFIER: 'uuid',
    NTEXT: 'varchar',
  },
}

/** Digits of a fraction of a second unless told. */
const DEFAULT_PRECISION: Readonly<Record<string, number>> = {
  mysql: 0,
  transactsql: 7,
  snowflake: 9,
}
const DEFAULT_DECIMAL: Readonly<Record<string, string>> = {
  mysql: '10, 0',
  snowflake: '38, 0',
  bigquery: '38, 9',
  transactsql: '18, 0',
  db2: '5, 0',
  hive: '10, 0',
  flinksql: '10, 0',
  redshift: '18, 0',
  athena: '38, 0',
}

const family = (t: Translation): string => (t.dialect.name === 'mariadb' ? 'mysql' : t.dialect.name)

/** A type of the statement in Trino's words; undefined for PostgreSQL's NUMERIC, which has any number of digits. */
function typeText(node: ForeignNode, t: Translation): string | undefined {
  const written = String(node.value('dataType') ?? '')
    .toUpperCase()
    .trim()
  const length = node.value('length')
  const scale = node.value('scale')
  const suffixes = node.nodes('suffix').map((item) => String(item.value('value')).toUpperCase())
  node.ignore('suffix', 'quoted')
  const suffixTexts = suffixValues(node.value('suffix'))
  if (
    [...suffixes, ...suffixTexts].some((suffix) => /UNSIGNED|ZEROFILL/.test(suffix)) ||
    /UNSIGNED/.test(written)
  ) {
    throw notSupported('UNSIGNED', t)
  }
  const array = /^(.*?)((?:\[\])+)$/.exec(written)
  const inner = array?.[1] ?? written
  const angle = /^ARRAY\s*<(.*)>$/s.exec(inner)
  if (angle !== null) return `array(${simpleType(angle[1]!, t)})`
  const withSuffix = [inner, ...suffixTexts].join(' ').replace(/\s+/g, ' ').trim()
  const parameters = [length, scale]
    .filter((item) => item !== null && item !== undefined)
    .map(String)
  const base = simpleType(
    parameters.length === 0 ? withSuffix : `${withSuffix}(${parameters.join(', ')})`,
    t,
  )
  if (base === undefined || array === null) return base
  return (array[2]!.match(/\[\]/g) ?? []).reduce((type) => `array(${type})`, base)
}

/** A type that is written where the grammars expect a value: `int`, `varchar(10)`. */
export function namedType(node: ForeignNode, t: Translation): string | undefined {
  if (node.type !== 'function') {
    return simpleType(String(nameParts(node.value('column'), t).at(-1) ?? node.type), t)
  }
  const parameters = node.node('args')?.nodes('value') ?? []
  const texts = parameters.map((parameter) => String(parameter.value('value')))
  if (!texts.every((text) => /^\d+$/.test(text))) throw notSupported('this type', t)
  return simpleType(`${callName(node)}(${texts.join(', ')})`, t)
}

/** Words after the name, such as WITH TIME ZONE. */
function suffixValues(raw: unknown): readonly string[] {
  if (raw === null || raw === undefined) return []
  if (typeof raw === 'string') return [raw.toUpperCase()]
  if (Array.isArray(raw)) return raw.flatMap(suffixValues)
  return []
}

function simpleType(written: string, t: Translation): string | undefined {
  const match = /^([A-Z_][A-Z0-9_ ]*?)\s*(?:\(\s*([^)]*)\s*\))?(\s+WITH(?:OUT)? TIME ZONE)?$/i.exec(
    written.trim(),
  )
  const name = `${match?.[1] ?? written}${match?.[3] ?? ''}`.toUpperCase().replace(/\s+/g, ' ')
  const parameters = match?.[2]
  const own = OWN_TYPES[family(t)]
  const known = own?.[name] ?? TYPES[name]
  if (known === undefined || match === null) throw notSupported(`the type ${written}`, t)
  if (!known.endsWith('()')) return known
  return withParameters(known.slice(0, -2), parameters, t)
}

function withParameters(
  base: string,
  parameters: string | undefined,
  t: Translation,
): string | undefined {
  const dialect = family(t)
  switch (base) {
    case 'decimal': {
      const fallback = DEFAULT_DECIMAL[dialect]
      if (parameters !== undefined) return `decimal(${parameters})`
      return fallback === undefined ? undefined : `decimal(${fallback})`
    }
    case 'time':
      return `time(${parameters ?? DEFAULT_PRECISION[dialect] ?? 6})`
    case 'timestamp':
      return `timestamp(${parameters ?? DEFAULT_PRECISION[dialect] ?? 6})`
    case 'timestamptz':
      return `timestamp(${parameters ?? DEFAULT_PRECISION[dialect] ?? 6}) with time zone`
    default:
      return parameters === undefined || /max/i.test(parameters) ? base : `${base}(${parameters})`
  }
}

/** The type of a column. @throws NOT_SUPPORTED */
export function columnType(node: ForeignNode, t: Translation): DataType {
  const text = typeText(node, t)
  if (text === undefined) {
    throw notSupported('NUMERIC without precision', t, 'Write NUMERIC(precision, scale)')
  }
  return parseDataType(text)
}

/** @param isTried what fails is NULL, whatever the keyword */
export function castExpression(node: ForeignNode, t: Translation, isTried = false): Expression {
  const keyword = String(node.value('keyword') ?? 'cast').toLowerCase()
  const isSafe = isTried || !/^(?:cast|convert)$/.test(keyword)
  node.ignore('symbol', 'suffix')
  const operand = node.node('expr')
  if (operand === undefined) throw notSupported('CAST', t)
  let result = value(operand, t)
  for (const target of node.nodes('target')) {
    const text = typeText(target, t)
    result = cast(result, text, isSafe, t)
  }
  if (node.has('as')) throw notSupported('a name after a cast', t)
  return result
}

/** A cast to a type of Trino; without one, to a decimal of as many digits as the value has. */
export function cast(
  operand: Expression,
  type: string | undefined,
  isSafe: boolean,
  t: Translation,
): Expression {
  const { location } = t
  if (type === undefined) {
    const isLiteral =
      operand.kind === 'stringLiteral' && /^\s*[+-]?\d*\.?\d+\s*$/.test(operand.value)
    if (!isLiteral) return filled('"$dialect_numeric"(_1)', [operand], location)
    const text = operand.value.trim()
    const digits = text.replace(/^[+-]/, '')
    const literal: Expression = {
      kind: 'decimalLiteral',
      text: digits.includes('.') ? digits : `${digits}.`,
      location,
    }
    return text.startsWith('-') ? filled('-_1', [literal], location) : literal
  }
  if (/^varchar/.test(type) && isJsonField(operand)) {
    // A string of Snowflake's VARIANT is cast to what it holds; elsewhere the text is JSON.
    const text =
      t.dialect.name === 'snowflake'
        ? jsonText(operand, t)
        : filled('json_format(_1)', [operand], location)
    return type === 'varchar' ? text : filled(`CAST(_1 AS ${type})`, [text], location)
  }
  const isSqliteText = t.dialect.name === 'sqlite' && operand.kind === 'nullLiteral'
  const name = isSafe ? 'TRY_CAST' : 'CAST'
  if (/^(?:varchar|char)/.test(type) && operand.kind !== 'stringLiteral' && !isSqliteText) {
    // MySQL's CHAR of a cast has no fixed length.
    const target = t.dialect.pipes === 'or' ? type.replace(/^char/, 'varchar') : type
    return filled(
      `${name}("$dialect_text"('${t.dialect.arithmetic}', _1) AS ${target})`,
      [operand],
      location,
    )
  }
  const truncates = /^(?:sqlite|transactsql)$/.test(t.dialect.arithmetic)
  if (truncates && /^(?:tinyint|smallint|integer|bigint)$/.test(type)) {
    return filled(`${name}("$dialect_truncated"(_1) AS ${type})`, [operand], location)
  }
  return filled(`${name}(_1 AS ${type})`, [operand], location)
}
