import type { QualifiedName, Statement } from '../../planner/parser/ast/index.js'
import { formatStatement } from '../../planner/parser/format/format.js'
import { assert, type Page, readValue, typeName, type Value } from '../../spi/index.js'
import { handleStatement } from './handlers.js'
import type { ExplainStatementKinds } from './kinds.js'
import { errorAt, qualifiedObjectName } from './names.js'
import { boundStatement } from './prepared-statements.js'
import type {
  StatementContext,
  StatementHandlers,
  StatementOf,
  StatementResult,
} from './statement.js'
import { BOOLEAN, singleText, staticResult, VARCHAR } from './static-rows.js'

/** Kinds that have a plan, or are answered from metadata as Trino answers them by a plan. */
const PLANNED: ReadonlySet<Statement['kind']> = new Set([
  'query',
  'insert',
  'createTableAsSelect',
  'delete',
  'update',
  'merge',
])

const isShow = (statement: Statement): boolean =>
  statement.kind.startsWith('show') || statement.kind.startsWith('describe')

/** Statements whose answer is known once they are carried out: Trino has queries of literals in their place. */
const isAnswered = (statement: Statement): boolean =>
  isShow(statement) || statement.kind === 'explain' || statement.kind === 'explainAnalyze'

/** Names of kinds of statements: `CREATE TABLE`. */
const kindText = (statement: Statement): string =>
  statement.kind.replace(/[A-Z]/g, (letter) => ` ${letter}`).toUpperCase()

/** A statement without a plan, as EXPLAIN prints it. @source Trino QueryExplainer.explainDataDefinition */
function statementText(statement: Statement): string {
  const named = (name: QualifiedName) =>
    `${kindText(statement)} ${name.parts.map((part) => part.value).join('.')}`
  switch (statement.kind) {
    case 'createSchema':
    case 'createTable':
    case 'createView':
    case 'createMaterializedView':
      return named(statement.name)
    case 'prepare':
      return `PREPARE ${statement.name.value}`
    default:
      return formatStatement(statement)
  }
}

/** Checks a statement without running it. */
async function validate(statement: Statement, context: StatementContext): Promise<void> {
  if (statement.kind === 'use') {
    throw errorAt(statement, 'NOT_SUPPORTED', 'USE statement is not supported')
  }
  if (statement.kind === 'createView' || statement.kind === 'createMaterializedView') {
    const name = qualifiedObjectName(context.session, statement, statement.name)
    await context.services.viewColumns(statement.query, statement, name, context)
  } else if (PLANNED.has(statement.kind)) {
    await context.services.plan(statement, context)
  } else if (isShow(statement) || statement.kind === 'explain') {
    await handleStatement(statement, context)
  }
}

/** The query of literals that gives what a statement answers. @source Trino ShowQueriesRewrite, ExplainRewrite */
async function answerQuery(
  statement: Statement,
  context: StatementContext,
): Promise<{ readonly statement: Statement; readonly context: StatementContext }> {
  const result = await handleStatement(statement, context)
  assert(result.kind === 'pages', 'the answer is at hand')
  const types = result.columns.map((column) => typeName(column.type))
  const literal = (value: Value, channel: number) =>
    `CAST(${value === null ? 'NULL' : `'${String(value).replaceAll("'", "''")}'`} AS ${types[channel]})`
  const rows: string[] = []
  for await (const { blocks, rowCount } of result.pages) {
    for (let i = 0; i < rowCount; i++) {
      rows.push(
        `(${blocks.map((block, channel) => literal(readValue(block, i), channel)).join(', ')})`,
      )
    }
  }
  const none = `(${types.map((_, channel) => literal(null, channel)).join(', ')})`
  const names = result.columns.map((column) => `"${column.name.replaceAll('"', '""')}"`)
  const relation = `(VALUES ${rows.length === 0 ? none : rows.join(', ')}) answer (${names.join(', ')})`
  const sql = `SELECT * FROM ${relation}${rows.length === 0 ? ' WHERE false' : ''}`
  return {
    statement: context.services.parse(sql),
    context: { ...context, sql, parameters: [] },
  }
}

async function explain(
  node: StatementOf<'explain'>,
  context: StatementContext,
): Promise<StatementResult> {
  const format = node.options.find((option) => option.kind === 'explainFormat')?.format ?? 'TEXT'
  const type = node.options.find((option) => option.kind === 'explainType')?.type
  const { statement } = node
  if (statement.kind === 'execute' || statement.kind === 'executeImmediate') {
    const bound = boundStatement(statement, context)
    return explain({ ...node, statement: bound.statement }, bound.context)
  }
  if (type === 'VALIDATE') {
    await validate(statement, context)
    return staticResult([{ name: 'Valid', type: BOOLEAN }], [[true]])
  }
  if (isAnswered(statement)) {
    const query = await answerQuery(statement, context)
    return explain({ ...node, statement: query.statement }, query.context)
  }
  if (!PLANNED.has(statement.kind)) return singleText('Query Plan', statementText(statement))
  const planned = await context.services.plan(statement, context)
  const text = await context.services.explain(planned, type, format, context)
  return singleText('Query Plan', text)
}

/** Runs the statement to its end, its rows thrown away, and answers with the plan and what each part measured. */
async function explainAnalyze(
  node: StatementOf<'explainAnalyze'>,
  context: StatementContext,
): Promise<StatementResult> {
  const { statement } = node
  if (isAnswered(statement)) {
    const query = await answerQuery(statement, context)
    return explainAnalyze({ ...node, statement: query.statement }, query.context)
  }
  if (!PLANNED.has(statement.kind)) {
    throw errorAt(
      node,
      'NOT_SUPPORTED',
      `EXPLAIN ANALYZE doesn't support statement type: ${kindText(statement)}`,
    )
  }
  const begun = performance.now()
  const result = await handleStatement(statement, context)
  const planningMillis = performance.now() - begun
  if (result.kind !== 'plan') {
    assert(result.kind === 'pages', 'a planned statement gives pages')
    return singleText('Query Plan', 'nothing to do')
  }
  const { services } = context
  const columns = [{ name: 'Query Plan', type: VARCHAR }]
  const run = async function* (): AsyncGenerator<Page> {
    const text = await services.explainAnalyze(result, planningMillis, node.verbose, context)
    yield* staticResult(columns, [[text]]).pages
  }
  return { kind: 'pages', columns, pages: run(), runs: result }
}

/** @source Trino ExplainRewrite, ExplainAnalyzeOperator */
export const explainHandlers: StatementHandlers<ExplainStatementKinds> = {
  explain,
  explainAnalyze,
}
