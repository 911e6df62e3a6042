import { parameterCount } from '../../planner/analyzer/parameter-count.js'
import type { NodeLocation, Statement } from '../../planner/parser/ast/index.js'
import { formatStatement } from '../../planner/parser/format/format.js'
import {
  BIGINT,
  BOOLEAN,
  INTEGER,
  MillraceError,
  type SqlType,
  typeName,
  VARCHAR,
} from '../../spi/index.js'
import type { ResultColumn } from '../result/result-column.js'
import { handleStatement } from './handlers.js'
import type { PreparedStatementKinds } from './kinds.js'
import { errorAt } from './names.js'
import type {
  StatementContext,
  StatementHandlers,
  StatementOf,
  StatementResult,
} from './statement.js'
import { staticResult, textType } from './static-rows.js'

/** @throws NOT_FOUND */
function preparedText(context: StatementContext, name: string): string {
  const text = context.session.preparedStatements.get(name)
  if (text === undefined) {
    throw new MillraceError('NOT_FOUND', `Prepared statement not found: ${name}`)
  }
  return text
}

/** Moves the text of a string literal to its place in the statement around it, so that errors point there. */
const textAt = (text: string, quote: NodeLocation): string =>
  `${'\n'.repeat(quote.line - 1)}${' '.repeat(quote.column)}${text}`

/**
 * The statement that an EXECUTE stands for, with its parameters.
 * @throws NOT_FOUND; INVALID_PARAMETER_USAGE; NOT_SUPPORTED where it is an EXECUTE itself
 */
export function boundStatement(
  node: StatementOf<'execute' | 'executeImmediate'>,
  context: StatementContext,
): { readonly statement: Statement; readonly context: StatementContext } {
  const sql =
    node.kind === 'execute'
      ? preparedText(context, node.name.value)
      : textAt(node.statement.value, node.statement.location)
  const statement = context.services.parse(sql)
  if (statement.kind === 'execute' || statement.kind === 'executeImmediate') {
    const type = statement.kind === 'execute' ? 'Execute' : 'ExecuteImmediate'
    throw new MillraceError('NOT_SUPPORTED', `Unsupported statement type: ${type}`)
  }
  const inner: StatementContext = { ...context, sql, parameters: node.parameters }
  checkParameterCount(statement, inner)
  return { statement, context: inner }
}

/** Carries a statement out in the place of the one that names it. */
function execute(
  node: StatementOf<'execute' | 'executeImmediate'>,
  context: StatementContext,
): Promise<StatementResult> {
  const bound = boundStatement(node, context)
  return handleStatement(bound.statement, bound.context)
}

/** @throws INVALID_PARAMETER_USAGE */
export function checkParameterCount(statement: Statement, context: StatementContext): void {
  const found = context.parameters.length
  if (found === 0 && !context.sql.includes('?')) return
  // Those of a statement to be prepared are its own; a function takes none, which its analysis says in their place.
  const isOwn = statement.kind === 'prepare' || statement.kind === 'createFunction'
  const expected = isOwn ? 0 : parameterCount(statement)
  if (expected === found) return
  throw errorAt(
    statement,
    'INVALID_PARAMETER_USAGE',
    `Incorrect number of parameters: expected ${expected} but found ${found}`,
  )
}

/** The bytes of a value of fixed width, 0 for others. @source Trino DescribeOutputRewrite */
function typeSize(type: SqlType): number {
  switch (type.kind) {
    case 'boolean':
    case 'tinyint':
    case 'unknown':
      return 1
    case 'smallint':
      return 2
    case 'integer':
    case 'real':
    case 'date':
    case 'interval year to month':
      return 4
    case 'bigint':
    case 'double':
    case 'interval day to second':
    case 'time':
      return 8
    case 'decimal':
      return type.precision <= 18 ? 8 : 16
    case 'timestamp':
      return type.precision <= 6 ? 8 : 12
    case 'timestamp with time zone':
      return type.precision <= 3 ? 8 : 12
    case 'time with time zone':
      return type.precision <= 9 ? 8 : 12
    case 'uuid':
    case 'ipaddress':
      return 16
    default:
      return 0
  }
}

/** Tables of information_schema that statements are queries of, which their columns come from; others come from none. */
const SHOWN_TABLES: Partial<Readonly<Record<Statement['kind'], string>>> = {
  showTables: 'tables',
  showSchemas: 'schemata',
  showColumns: 'columns',
  showGrants: 'table_privileges',
}
/** Columns of SHOW COLUMNS that are no columns of the table. */
const COMPUTED = new Set(['Extra', 'Comment'])
/** SHOW statements that are queries without names for their columns. */
const UNALIASED: ReadonlySet<Statement['kind']> = new Set([
  'showCatalogs',
  'showCreate',
  'showStats',
])

/**
 * The columns of SHOW, DESCRIBE and EXPLAIN, which depend on what they find: they are carried out, but for EXPLAIN ANALYZE.
 * @source Trino ShowQueriesRewrite: the queries that these statements stand for
 */
async function shownColumns(
  statement: Statement,
  context: StatementContext,
): Promise<readonly ResultColumn[] | undefined> {
  const { kind } = statement
  if (kind === 'explainAnalyze') return [{ name: 'Query Plan', type: VARCHAR, aliased: false }]
  if (!kind.startsWith('show') && kind !== 'explain') return undefined
  const { session } = context
  const result = await handleStatement(statement, context)
  if (result.kind === 'done') return []
  const table = SHOWN_TABLES[kind]
  const isAliased = kind !== 'explain' && !UNALIASED.has(kind)
  const catalog = shownCatalog(statement) ?? session.catalog ?? ''
  return result.columns.map(({ name, type }) => ({
    name,
    type,
    aliased: isAliased,
    ...(table === undefined || COMPUTED.has(name)
      ? {}
      : { origin: { catalog, schema: 'information_schema', table } }),
  }))
}

/** The catalog that a SHOW statement names. */
function shownCatalog(statement: Statement): string | undefined {
  switch (statement.kind) {
    case 'showSchemas':
      return statement.catalog?.value
    case 'showTables':
      return statement.schema?.parts.at(-2)?.value
    case 'showColumns':
      return statement.table.parts.at(-3)?.value
    default:
      return undefined
  }
}

/** @source Trino PrepareTask, DeallocateTask, DescribeInputRewrite, DescribeOutputRewrite */
export const preparedHandlers: StatementHandlers<PreparedStatementKinds> = {
  async prepare(node) {
    const { kind } = node.statement
    if (kind === 'prepare' || kind === 'execute' || kind === 'deallocate') {
      throw new MillraceError(
        'NOT_SUPPORTED',
        `Invalid statement type for prepared statement: ${kind.toUpperCase()}`,
      )
    }
    const text = formatStatement(node.statement)
    return {
      kind: 'done',
      updateType: 'PREPARE',
      changes: { addedPrepare: { [node.name.value]: text } },
    }
  },

  async deallocate(node, context) {
    preparedText(context, node.name.value)
    return {
      kind: 'done',
      updateType: 'DEALLOCATE',
      changes: { deallocatedPrepare: [node.name.value] },
    }
  },

  execute: async (node, context) => execute(node, context),
  executeImmediate: async (node, context) => execute(node, context),

  async describeInput(node, context) {
    const text = preparedText(context, node.name.value)
    const { parameters } = await context.services.describe(context.services.parse(text), {
      ...context,
      sql: text,
      parameters: [],
    })
    if (parameters.length === 0) {
      return staticResult(
        [
          { name: 'Position', type: BIGINT },
          { name: 'Type', type: VARCHAR },
        ],
        [],
      )
    }
    const names = parameters.map(typeName)
    return staticResult(
      [
        { name: 'Position', type: INTEGER },
        { name: 'Type', type: textType(names) },
      ],
      names.map((name, position) => [position, name]),
    )
  },

  async describeOutput(node, context) {
    const text = preparedText(context, node.name.value)
    const inner: StatementContext = { ...context, sql: text, parameters: [] }
    const statement = context.services.parse(text)
    const columns =
      (await shownColumns(statement, inner)) ??
      (await context.services.describe(statement, inner)).columns
    const names = ['Column Name', 'Catalog', 'Schema', 'Table', 'Type']
    if (columns.length === 0) {
      const texts = names.map((name) => ({ name, type: VARCHAR }))
      return staticResult(
        [...texts, { name: 'Type Size', type: BIGINT }, { name: 'Aliased', type: BOOLEAN }],
        [],
      )
    }
    const rows = columns.map((column) => [
      column.name,
      column.origin?.catalog ?? '',
      column.origin?.schema ?? '',
      column.origin?.table ?? '',
      typeName(column.type),
    ])
    const texts = names.map((name, i) => ({ name, type: textType(rows.map((row) => row[i]!)) }))
    return staticResult(
      [...texts, { name: 'Type Size', type: INTEGER }, { name: 'Aliased', type: BOOLEAN }],
      rows.map((row, i) => [...row, typeSize(columns[i]!.type), columns[i]!.aliased ?? false]),
    )
  },
}
