import type { NodeBase, Relation, Statement, Table } from '../../planner/parser/ast/index.js'
import { assert } from '../../spi/index.js'
import type { QueryStatementKinds } from './kinds.js'
import { errorAt, qualifiedObjectName } from './names.js'
import { evaluateProperties } from './properties.js'
import type { PlanResult, StatementContext, StatementHandlers } from './statement.js'
import { requireTable, viewOf } from './table-statements.js'
import { unsupported } from './unsupported.js'

async function planned(
  statement: Statement,
  context: StatementContext,
  updateType?: string,
): Promise<PlanResult> {
  const { plan, columns, inputBytes, scanRows } = await context.services.plan(statement, context)
  return {
    kind: 'plan',
    plan,
    inputBytes,
    scanRows,
    columns,
    ...(updateType === undefined ? {} : { updateType, countsRows: true }),
  }
}

/** The table that MERGE INTO names, with or without alias. */
function targetTable(target: Relation): Table {
  const relation = target.kind === 'aliasedRelation' ? target.relation : target
  assert(relation.kind === 'table', 'the target of a MERGE is a table')
  return relation
}

/** No connector of the engine changes rows in place yet; the table must exist to be told so. */
async function changeRows(
  node: NodeBase,
  table: Table,
  context: StatementContext,
): Promise<PlanResult> {
  const name = qualifiedObjectName(context.session, node, table.name)
  if ((await viewOf(context, name)) !== undefined) {
    throw errorAt(node, 'NOT_SUPPORTED', 'Changing rows of a view is not supported')
  }
  await requireTable(context, node, table.name, false)
  throw unsupported('modifying table rows')
}

/** Statements that read or write rows by a plan. */
export const queryHandlers: StatementHandlers<QueryStatementKinds> = {
  query: (node, context) => planned(node, context),
  insert: (node, context) => planned(node, context, 'INSERT'),
  delete: (node, context) => changeRows(node, node.table, context),
  update: (node, context) => changeRows(node, node.table, context),
  merge: (node, context) => changeRows(node, targetTable(node.target), context),

  async createTableAsSelect(node, context) {
    const { catalog } = qualifiedObjectName(context.session, node, node.name)
    const result = await planned(node, context, 'CREATE TABLE')
    return {
      ...result,
      tableProperties: await evaluateProperties(
        {
          catalog,
          what: 'table',
          code: 'INVALID_TABLE_PROPERTY',
          definitions: context.catalogs.get(catalog).connector.getTableProperties?.(),
        },
        node.properties,
        context,
      ),
    }
  },
}
