import type { NodeLocation, Statement } from '../planner/parser/ast/index.js'
import { formatStatement } from '../planner/parser/format/format.js'
import { parseStatement } from '../planner/parser/parser.js'
import { isStackOverflow } from '../planner/parser/stack-overflow.js'
import { assert, MillraceError } from '../spi/index.js'
import type { Dialect } from './dialect.js'
import { type EncodedText, encode, hasReference } from './encode.js'
import { ForeignNode } from './foreign-node.js'
import { type ForeignParser, loadParser } from './parser.js'
import { locationOf } from './scan.js'
import { statement } from './statement.js'
import { ParameterPositions, type Translation } from './translation.js'

/** A statement in Trino's SQL. */
export interface TranslatedStatement {
  readonly sql: string
  /** For each `?` of `sql` in order, the position of its value among those that the original takes. */
  readonly parameterOrder: readonly number[]
  /** How many values the original takes. */
  readonly parameterCount: number
  /** The place in the original of a place in `sql`; undefined where the original has none. */
  locate(location: NodeLocation): NodeLocation | undefined
}

/** What a translation asks of the engine. */
export interface TranslationContext {
  isBuiltin(name: string): boolean
  isOwnFunction(name: string): boolean
}

/** Statements about the engine are Trino's in every dialect. */
const OWN_STATEMENTS =
  /^\s*(?:set\s+(?:session|role|time\s+zone|path)|reset|show|use|start\s+transaction|commit|rollback|describe|desc|call|prepare|execute|deallocate|analyze|comment|grant|revoke|refresh|merge|create\s+(?:catalog|role|materialized)|drop\s+(?:catalog|role|materialized)|alter)\b/i
const EXPLAIN = /^(\s*explain(?:\s+analyze(?:\s+verbose)?)?(?:\s*\([^)]*\))?\s+)/i

/**
 * Translates a statement of a dialect into Trino's SQL.
 * @throws SYNTAX_ERROR where the dialect's parser can't read it; NOT_SUPPORTED that names what has no equivalent; both located;
 *   CONFIGURATION_INVALID where node-sql-parser is not installed
 */
export async function translate(
  sql: string,
  dialect: Dialect,
  context: TranslationContext,
): Promise<TranslatedStatement | undefined> {
  if (OWN_STATEMENTS.test(sql) || isOfTrino(sql, dialect)) return undefined
  if (/^\s*begin\s*(?:transaction|work)?\s*$/i.test(sql)) {
    return withLocations('START TRANSACTION', undefined, 0)
  }
  const prefix = EXPLAIN.exec(sql)?.[1] ?? ''
  // The place of what follows EXPLAIN stays.
  const text = prefix === '' ? sql : ' '.repeat(prefix.length) + sql.slice(prefix.length)
  try {
    const { tree, parameterCount } = await translateText(text, dialect, context)
    return withLocations(`${prefix}${formatStatement(tree)}`, tree, parameterCount)
  } catch (error) {
    if (!isStackOverflow(error)) throw error
    throw new MillraceError('SYNTAX_ERROR', 'statement is too large (stack overflow while parsing)')
  }
}

/** Athena runs Trino: what both can read means the same. */
function isOfTrino(sql: string, dialect: Dialect): boolean {
  if (dialect.name !== 'athena') return false
  try {
    parseStatement(sql)
    return true
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'SYNTAX_ERROR') return false
    throw error
  }
}

async function translateText(
  sql: string,
  dialect: Dialect,
  context: TranslationContext,
): Promise<{ readonly tree: Statement; readonly parameterCount: number }> {
  let failure: unknown
  for (const grammar of dialect.grammars) {
    const parser = await loadParser(grammar)
    const encoded = encode(sql, dialect, grammar)
    let root: ForeignNode
    try {
      root = onlyStatement(parser(encoded.text))
    } catch (error) {
      failure ??= syntaxError(error, sql, encoded, dialect)
      continue
    }
    const parameters = new ParameterPositions(encoded.pieces)
    const t: Translation = {
      ...context,
      dialect,
      sql,
      encoded,
      parameters,
      reparse: (text) => reparsed(text, parser),
      location: { line: 1, column: 1 },
    }
    return { tree: statement(root, t), parameterCount: parameters.count }
  }
  throw failure
}

function onlyStatement(tree: unknown): ForeignNode {
  const [first, ...more] = Array.isArray(tree) ? tree : [tree]
  if (more.length > 0) {
    throw new MillraceError('SYNTAX_ERROR', `One statement at a time: ${more.length + 1}`)
  }
  return new ForeignNode(first)
}

/** An expression that the tree has as text. */
function reparsed(text: string, parser: ForeignParser): ForeignNode {
  const [column] = onlyStatement(parser(`SELECT ${text}`)).nodes('columns')
  assert(column !== undefined, 'an expression')
  return column.type === 'expr' || column.type === '' ? (column.node('expr') ?? column) : column
}

function syntaxError(
  error: unknown,
  sql: string,
  encoded: EncodedText,
  dialect: Dialect,
): MillraceError {
  if (error instanceof MillraceError) return error
  const start = foreignOffset(error)
  // Some grammars fail at actions of their own, whatever the text.
  if (start === undefined) {
    if (!(error instanceof ReferenceError) && !(error instanceof TypeError)) throw error
    return new MillraceError(
      'SYNTAX_ERROR',
      `The parser of the ${dialect.name} dialect can't read this`,
      { cause: error },
    )
  }
  const offset = encoded.originalOffset(start)
  const found = /^\s*(\S{1,40})/.exec(sql.slice(offset))?.[1]
  const what = found === undefined ? 'more was expected' : `at '${found}'`
  return new MillraceError(
    'SYNTAX_ERROR',
    `The parser of the ${dialect.name} dialect can't read this: ${what}`,
    {
      location: locationOf(sql, offset),
      cause: error,
    },
  )
}

/** Where the foreign parser failed; undefined for errors that are no syntax errors. */
function foreignOffset(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('location' in error)) return undefined
  const { location } = error
  const start =
    typeof location === 'object' && location !== null && 'start' in location
      ? location.start
      : undefined
  const offset =
    typeof start === 'object' && start !== null && 'offset' in start ? start.offset : undefined
  return typeof offset === 'number' ? offset : undefined
}

/** The written statement is parsed again, so that every place in it has its place in the original. */
function withLocations(
  sql: string,
  tree: Statement | undefined,
  parameterCount: number,
): TranslatedStatement {
  assert(!hasReference(sql), 'every reference was followed')
  if (tree === undefined) {
    return { sql, parameterOrder: [], parameterCount, locate: () => undefined }
  }
  const written = parseStatement(sql)
  const again =
    written.kind === 'explain' || written.kind === 'explainAnalyze' ? written.statement : written
  const places = new Map<string, NodeLocation>()
  const parameters: { readonly position: number; readonly value: number }[] = []
  pair(again, tree, (node, original) => {
    const key = placeKey(node.location)
    if (!places.has(key)) places.set(key, original.location)
    if (node.kind === 'parameter') {
      parameters.push({ position: Number(node.position), value: Number(original.position) })
    }
  })
  parameters.sort((a, b) => a.position - b.position)
  return {
    sql,
    parameterOrder: parameters.map((parameter) => parameter.value),
    parameterCount,
    locate: (location) => places.get(placeKey(location)),
  }
}

const placeKey = ({ line, column }: NodeLocation): string => `${line}:${column}`

type LocatedNode = Readonly<Record<string, unknown>> & { readonly location: NodeLocation }

const isNode = (value: unknown): value is LocatedNode =>
  typeof value === 'object' && value !== null && 'location' in value && 'kind' in value

/** Walks two trees that differ in locations only. */
function pair(
  left: unknown,
  right: unknown,
  visit: (left: LocatedNode, right: LocatedNode) => void,
): void {
  if (Array.isArray(left) && Array.isArray(right)) {
    assert(left.length === right.length, 'the written statement is the translated one')
    left.forEach((item, i) => {
      pair(item, right[i], visit)
    })
    return
  }
  if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null)
    return
  if (isNode(left) && isNode(right)) {
    assert(left.kind === right.kind, 'the written statement is the translated one')
    visit(left, right)
  }
  const other = right as Readonly<Record<string, unknown>>
  for (const [key, item] of Object.entries(left)) pair(item, other[key], visit)
}
