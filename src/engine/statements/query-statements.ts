import type { Statement } from '../../planner/parser/ast/index.js'
import { lookUpTable } from '../metadata.js'
import type { QueryStatementKinds } from './kinds.js'
import { qualifiedObjectName } from './names.js'
import type {
  PagesResult,
  StatementContext,
  StatementHandlers,
  StatementResult,
} from './statement.js'
import { BIGINT, staticPage } from './static-rows.js'

async function planned(
  statement: Statement,
  context: StatementContext,
  updateType?: string,
): Promise<StatementResult> {
  const { plan, columns } = await context.services.plan(statement, context)
  return {
    kind: 'plan',
    plan,
    columns,
    ...(updateType === undefined ? {} : { updateType, countsRows: true }),
  }
}

/** The answer of a write that had nothing to do. */
const noRows = (updateType: string): PagesResult => ({
  kind: 'pages',
  columns: [{ name: 'rows', type: BIGINT }],
  pages: [staticPage([BIGINT], [[0n]])],
  updateType,
  updateCount: 0,
})

/** Statements that read or write rows by a plan. */
export const queryHandlers: StatementHandlers<QueryStatementKinds> = {
  query: (node, context) => planned(node, context),
  insert: (node, context) => planned(node, context, 'INSERT'),
  delete: (node, context) => planned(node, context, 'DELETE'),
  update: (node, context) => planned(node, context, 'UPDATE'),
  merge: (node, context) => planned(node, context, 'MERGE'),

  async createTableAsSelect(node, context) {
    if (node.saveMode === 'IGNORE') {
      const name = qualifiedObjectName(context.session, node, node.name)
      const exists =
        context.catalogs.find(name.catalog) !== undefined &&
        (await lookUpTable(context, name)) !== undefined
      if (exists) return noRows('CREATE TABLE')
    }
    return planned(node, context, 'CREATE TABLE')
  },
}
