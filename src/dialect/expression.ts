import type { Expression, Query, SubqueryExpression } from '../planner/parser/ast/index.js'
import { referenced } from './encode.js'
import { ForeignNode } from './foreign-node.js'
import { callExpression } from './function-call.js'
import { type JsonStep, jsonField } from './json-path.js'
import { binaryExpression, unaryExpression } from './operator.js'
import { queryExpression } from './query.js'
import type { Piece } from './scan.js'
import { extract, intervalExpression, temporalLiteral } from './temporal.js'
import { at, finish, notSupported, stringValue, type Translation } from './translation.js'
import { filled, identifier, longLiteral, stringLiteral } from './tree.js'
import { castExpression } from './type.js'

type Translator = (node: ForeignNode, t: Translation) => Expression

/** An expression as it stands: a condition may come out where a dialect has numbers. */
export function expression(node: ForeignNode, t: Translation): Expression {
  return at(node, t, () => {
    const inner = unwrapped(node)
    const subquery = subqueryOf(inner, t)
    if (subquery !== undefined) return subquery
    const translate = Object.hasOwn(TRANSLATORS, inner.type) ? TRANSLATORS[inner.type]! : undefined
    if (translate === undefined) throw notSupported(inner.description, t)
    const result = translate(inner, t)
    finish(inner, t)
    return result
  })
}

/** `{ type: 'expr', expr }` around another node, as some grammars have it. */
function unwrapped(node: ForeignNode): ForeignNode {
  let inner = node
  while (inner.type === 'expr') inner = inner.node('expr') ?? inner
  return inner
}

const BOOLEAN_KINDS: ReadonlySet<Expression['kind']> = new Set([
  'betweenPredicate',
  'booleanLiteral',
  'comparisonExpression',
  'existsPredicate',
  'inPredicate',
  'isNotNullPredicate',
  'isNullPredicate',
  'likePredicate',
  'logicalExpression',
  'notExpression',
  'quantifiedComparisonExpression',
])
const BOOLEAN_FUNCTIONS =
  /^(?:\$dialect_(?:compare|between|in|truth|like)|regexp_like|starts_with|contains|any_match|json_exists)$/

const isCondition = (node: Expression): boolean =>
  BOOLEAN_KINDS.has(node.kind) ||
  (node.kind === 'functionCall' && BOOLEAN_FUNCTIONS.test(node.name.parts[0]!.value))

/** An expression where a value is wanted: conditions are 1 and 0 where the dialect has it so. */
export function value(node: ForeignNode, t: Translation): Expression {
  const result = expression(node, t)
  if (!t.dialect.booleansAreIntegers || !isCondition(result)) return result
  if (result.kind === 'booleanLiteral') return longLiteral(result.value ? 1 : 0, result.location)
  return filled('CAST(_1 AS integer)', [result], result.location)
}

/** An expression where a condition is wanted: numbers are conditions where the dialect has it so. */
export function condition(node: ForeignNode, t: Translation): Expression {
  const result = expression(node, t)
  if (!t.dialect.booleansAreIntegers || isCondition(result)) return result
  return filled('"$dialect_truth"(_1)', [result], result.location)
}

export const subqueryExpression = (query: Query): SubqueryExpression => ({
  kind: 'subqueryExpression',
  query,
  location: query.location,
})

function subqueryOf(node: ForeignNode, t: Translation): Expression | undefined {
  const inner = node.type === '' && node.has('ast') ? node.node('ast') : node
  if (inner === undefined || (inner.type !== 'select' && inner.type !== 'union')) return undefined
  return subqueryExpression(queryExpression(inner, t))
}

/** The one subquery of a list such as the `(SELECT …)` of IN. */
export function onlySubquery(node: ForeignNode, t: Translation): SubqueryExpression | undefined {
  const items = node.type === 'expr_list' ? node.nodes('value') : [node]
  const [only, another] = items
  if (only === undefined || another !== undefined) return undefined
  const subquery = subqueryOf(unwrapped(only), t)
  return subquery?.kind === 'subqueryExpression' ? subquery : undefined
}

/** A string that a literal holds, a reference or not. */
function literal(node: ForeignNode, t: Translation): Expression {
  const text = node.value('value')
  if (typeof text !== 'string') throw notSupported(node.description, t)
  node.ignore('prefix', 'suffix')
  if (node.has('escape')) throw notSupported('ESCAPE in this place', t)
  const piece = referenced(text, t.encoded.pieces)
  if (piece === undefined) return stringLiteral(text, t.location)
  return piece.kind === 'name' ? identifier(text, t) : pieceExpression(piece, t)
}

function pieceExpression(piece: Exclude<Piece, { kind: 'name' }>, t: Translation): Expression {
  const { location } = t
  switch (piece.kind) {
    case 'number':
      return exactNumber(piece.value, t)
    case 'parameter':
      return { kind: 'parameter', position: t.parameters.of(piece), location }
    case 'binary':
      return { kind: 'binaryLiteral', hex: piece.value, location }
    case 'string':
      return stringLiteral(piece.value, location)
  }
}

function exactNumber(text: string, t: Translation): Expression {
  const { location } = t
  if (/e/i.test(text)) return { kind: 'doubleLiteral', text, location }
  const isInteger = /^\d+$/.test(text)
  if (isInteger && BigInt(text) < 2n ** 63n) return longLiteral(text, location)
  if (t.dialect.decimalLiterals === 'double')
    return { kind: 'doubleLiteral', text: `${text}e0`, location }
  return { kind: 'decimalLiteral', text: isInteger ? `${text}.` : text, location }
}

function number(node: ForeignNode, t: Translation): Expression {
  const raw = node.value('value')
  const text = String(raw)
  if (/^\d+\.\d+$/.test(text)) return exactNumber(text, t)
  const digits = text.replace(/^-/, '')
  if (!/^\d+$/.test(digits)) throw notSupported(`the number ${text}`, t)
  const result = longLiteral(digits, t.location)
  return text === digits ? result : filled('-_1', [result], t.location)
}

/** `a.b.c`, with what follows it: `[1]`, `AT TIME ZONE`. */
function columnReference(node: ForeignNode, t: Translation): Expression {
  const notations = node.value('notations')
  const colon = Array.isArray(notations) ? notations.indexOf(':') : -1
  const parts = [
    ...nameParts(node.value('db'), t),
    ...nameParts(node.value('schema'), t),
    ...nameParts(node.value('table'), t),
    ...nameParts(node.value('column'), t),
    ...nameParts(node.value('subFields'), t),
  ]
  node.ignore('order_by')
  if (colon >= 0) return jsonPath(parts, colon + 1, node, t)
  const result = withSubscripts(dereference(parts, t), node, t)
  const options = node.node('options')
  return options === undefined ? result : atTimeZone(result, options, t)
}

/** Snowflake's `a.b:c.d[0].e`: a column, and a path into its JSON, whose keys keep their case. */
function jsonPath(
  parts: readonly string[],
  columnLength: number,
  node: ForeignNode,
  t: Translation,
): Expression {
  const keys = parts.slice(columnLength).map((part) => stringValue(part, t))
  const indexes = node.nodes('array_index').map((item): JsonStep => {
    const index = item.node('index')
    finish(item.ignore('notation', 'property', 'brackets'), t)
    if (index?.type === 'default') return stringValue(String(index.value('value')), t)
    const step = index === undefined ? undefined : value(index, t)
    if (step?.kind === 'stringLiteral') return step.value
    if (step?.kind === 'longLiteral') return Number(step.value)
    throw notSupported('a step into JSON that is no literal', t)
  })
  const column = dereference(parts.slice(0, columnLength), t)
  return jsonField(column, [...keys, ...indexes], t)
}

/** What follows a column or a call in brackets. */
export function withSubscripts(base: Expression, node: ForeignNode, t: Translation): Expression {
  let result = base
  for (const index of node.nodes('array_index')) {
    const subscript = index.node('index')
    if (subscript === undefined) throw notSupported('this subscript', t)
    result = elementOf(result, value(subscript, t), t)
    finish(index.ignore('notation', 'property', 'brackets'), t)
  }
  return result
}

/** Arrays count from 1, but in some dialects from 0; keys of maps are strings. */
function elementOf(base: Expression, subscript: Expression, t: Translation): Expression {
  const isFromZero = /^(?:hive|snowflake|bigquery)$/.test(t.dialect.name)
  if (!isFromZero || subscript.kind === 'stringLiteral') {
    return filled('element_at(_1, _2)', [base, subscript], t.location)
  }
  if (subscript.kind !== 'longLiteral') throw notSupported('a subscript that is no literal', t)
  const position = longLiteral(String(BigInt(subscript.value) + 1n), t.location)
  return filled('element_at(_1, _2)', [base, position], t.location)
}

function atTimeZone(base: Expression, options: ForeignNode, t: Translation): Expression {
  const [words, zone, more] = options.nodes('value')
  if (
    more !== undefined ||
    zone === undefined ||
    !/^at time zone$/i.test(String(words?.value('value')))
  ) {
    throw notSupported('what follows this column', t)
  }
  return filled('"$dialect_at_time_zone"(_1, _2)', [base, value(zone, t)], t.location)
}

/** The parts of a name in any of the shapes that the grammars give it. */
export function nameParts(raw: unknown, t: Translation): readonly string[] {
  if (raw === null || raw === undefined || raw === '') return []
  if (typeof raw === 'string') return [raw]
  if (Array.isArray(raw)) return raw.flatMap((item) => nameParts(item, t))
  const node = new ForeignNode(raw)
  const inner = node.value('expr') ?? node.value('value') ?? node.value('name')
  const offset = node.value('offset')
  if (Array.isArray(offset) && offset.length > 0) throw notSupported('a subscript of a column', t)
  return nameParts(inner, t)
}

function dereference(parts: readonly string[], t: Translation): Expression {
  const [first, ...rest] = parts
  if (first === undefined) throw notSupported('a name that is empty', t)
  const piece = referenced(first, t.encoded.pieces)
  // Text of the tree has strings and numbers in quotes of names.
  if (piece !== undefined && piece.kind !== 'name') return pieceExpression(piece, t)
  const bare = rest.length === 0 ? wordExpression(first, t) : undefined
  if (bare !== undefined) return bare
  return rest.reduce<Expression>(
    (base, part) => ({
      kind: 'dereferenceExpression',
      base,
      field: identifier(part, t),
      location: t.location,
    }),
    identifier(first, t),
  )
}

const WORDS: Readonly<Record<string, string>> = {
  current_date: 'current_date',
  current_time: 'current_time',
  current_timestamp: 'current_timestamp(6)',
  current_user: 'current_user',
  localtime: 'localtime(6)',
  localtimestamp: 'localtimestamp(6)',
  session_user: 'current_user',
  user: 'current_user',
}

/** Words that the grammars take to be columns. */
function wordExpression(word: string, t: Translation): Expression | undefined {
  const key = word.toLowerCase()
  return Object.hasOwn(WORDS, key) ? filled(WORDS[key]!, [], t.location) : undefined
}

function caseExpression(node: ForeignNode, t: Translation): Expression {
  const operand = node.node('expr')
  const branches = node.nodes('args')
  const subject = operand === undefined ? undefined : value(operand, t)
  const whenClauses = branches
    .filter((branch) => branch.type === 'when')
    .map((branch) => {
      const test = branch.node('cond')!
      const when = subject === undefined ? condition(test, t) : value(test, t)
      return {
        kind: 'whenClause' as const,
        operand: when,
        result: value(branch.node('result')!, t),
        location: t.location,
      }
    })
  const otherwise = branches.find((branch) => branch.type === 'else')?.node('result')
  const rest = {
    whenClauses,
    ...(otherwise === undefined ? {} : { defaultValue: value(otherwise, t) }),
    location: t.location,
  }
  return subject === undefined
    ? { kind: 'searchedCaseExpression', ...rest }
    : { kind: 'simpleCaseExpression', operand: subject, ...rest }
}

function list(node: ForeignNode, t: Translation): Expression {
  const subquery = onlySubquery(node, t)
  if (subquery !== undefined) return subquery
  const items = node.nodes('value').map((item) => value(item, t))
  if (items.length === 1) return items[0]!
  return { kind: 'row', items, location: t.location }
}

function array(node: ForeignNode, t: Translation): Expression {
  node.ignore('keyword', 'definition')
  const listed = node.node('expr_list')
  const plain = listed === undefined ? node.nodes('array_path') : listed.nodes('value')
  const values = plain.map((item) => value(item.type === '' ? item.node('expr')! : item, t))
  const entries = node.value('expr_list')
  const bare = Array.isArray(entries)
    ? node.nodes('expr_list').map((item) => value(item.type === '' ? item.node('expr')! : item, t))
    : values
  return { kind: 'array', values: bare, location: t.location }
}

function struct(node: ForeignNode, t: Translation): Expression {
  node.ignore('definition', 'keyword')
  const fields = node.nodes('expr_list').map((item) => ({
    value: value(item.node('expr') ?? item, t),
    name: item.text('as'),
  }))
  const row: Expression = {
    kind: 'row',
    items: fields.map((field) => field.value),
    location: t.location,
  }
  if (fields.every((field) => field.name === undefined)) return row
  throw notSupported(
    'STRUCT with names of its fields',
    t,
    "Write CAST(ROW(…) AS ROW(name type)) in Trino's dialect",
  )
}

function variable(node: ForeignNode, t: Translation): Expression {
  throw notSupported(
    `the variable ${String(node.value('prefix') ?? '')}${String(node.value('name') ?? '')}`,
    t,
  )
}

const TRANSLATORS: Readonly<Record<string, Translator>> = {
  aggr_func: callExpression,
  array,
  bigint: (node, t) => exactNumber(String(node.value('value')), t),
  binary_expr: binaryExpression,
  bool: (node, t) => ({
    kind: 'booleanLiteral',
    value: node.value('value') === true,
    location: t.location,
  }),
  boolean: (node, t) => ({
    kind: 'booleanLiteral',
    value: node.value('value') === true,
    location: t.location,
  }),
  case: caseExpression,
  cast: castExpression,
  column_ref: columnReference,
  date: temporalLiteral,
  datetime: temporalLiteral,
  default: (node, t) => dereference(nameParts(node.value('value'), t), t),
  double_quote_string: literal,
  expr_list: list,
  extract,
  function: callExpression,
  interval: intervalExpression,
  null: (node, t) => {
    node.ignore('value')
    return { kind: 'nullLiteral', location: t.location }
  },
  number,
  origin: (node, t) => dereference(nameParts(node.value('value'), t), t),
  single_quote_string: literal,
  string: literal,
  struct,
  time: temporalLiteral,
  timestamp: temporalLiteral,
  unary_expr: unaryExpression,
  var: variable,
  window_func: callExpression,
}
