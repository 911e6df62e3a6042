import type { Statement } from '../../planner/parser/ast/index.js'
import { assert } from '../../spi/index.js'
import { handleStatement } from './handlers.js'
import type { ExplainStatementKinds } from './kinds.js'
import { errorAt } from './names.js'
import type {
  StatementContext,
  StatementHandlers,
  StatementOf,
  StatementResult,
} from './statement.js'
import { BOOLEAN, singleText, staticResult } from './static-rows.js'

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

/** Names of statements without a plan, as EXPLAIN prints them: `CREATE TABLE …`. */
const statementText = (statement: Statement): string =>
  statement.kind.replace(/[A-Z]/g, (letter) => ` ${letter}`).toUpperCase()

async function explain(
  node: StatementOf<'explain'>,
  context: StatementContext,
): Promise<StatementResult> {
  const format = node.options.find((option) => option.kind === 'explainFormat')?.format ?? 'TEXT'
  const type = node.options.find((option) => option.kind === 'explainType')?.type
  const { statement } = node
  if (type === 'VALIDATE') {
    if (PLANNED.has(statement.kind)) await context.services.plan(statement, context)
    else if (isShow(statement)) await handleStatement(statement, context)
    return staticResult([{ name: 'Valid', type: BOOLEAN }], [[true]])
  }
  if (statement.kind === 'execute' || statement.kind === 'executeImmediate') {
    throw errorAt(
      node,
      'NOT_SUPPORTED',
      'EXPLAIN of EXECUTE is not supported: explain the statement',
    )
  }
  if (!PLANNED.has(statement.kind)) {
    if (isShow(statement)) await handleStatement(statement, context)
    return singleText('Query Plan', statementText(statement))
  }
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
  if (!PLANNED.has(statement.kind)) {
    throw errorAt(
      node,
      'NOT_SUPPORTED',
      `EXPLAIN ANALYZE doesn't support statement type: ${statementText(statement)}`,
    )
  }
  const begun = performance.now()
  const result = await handleStatement(statement, context)
  const planningMillis = performance.now() - begun
  if (result.kind !== 'plan') {
    assert(result.kind === 'pages', 'a planned statement gives pages')
    return singleText('Query Plan', 'nothing to do')
  }
  const text = await context.services.explainAnalyze(result, planningMillis, context)
  return singleText('Query Plan', text)
}

/** @source Trino ExplainRewrite, ExplainAnalyzeOperator */
export const explainHandlers: StatementHandlers<ExplainStatementKinds> = {
  explain,
  explainAnalyze,
}
