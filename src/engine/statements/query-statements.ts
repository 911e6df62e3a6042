import type { Statement } from '../../planner/parser/ast/index.js'
import { findView, lookUpTable } from '../catalog/metadata.js'
import { tableToGather } from '../execution/gathering.js'
import type { QueryStatementKinds } from './kinds.js'
import { qualifiedObjectName } from './names.js'
import { evaluateProperties } from './properties.js'
import type { PlanResult, StatementContext, StatementHandlers } from './statement.js'
import { checkCreation } from './table-statements.js'

async function planned(
  statement: Statement,
  context: StatementContext,
  updateType?: string,
): Promise<PlanResult> {
  let { plan, template, columns, inputBytes, nodeRows, joinPairs } = await context.services.plan(
    statement,
    context,
  )
  const gathered = tableToGather(plan, context.catalogs)
  if (gathered !== undefined) {
    await context.services.gather(gathered, context)
    // The table's handle says where it lies.
    ;({ plan, template, columns, inputBytes, nodeRows, joinPairs } = await context.services.plan(
      statement,
      context,
    ))
  }
  return {
    kind: 'plan',
    plan,
    ...(template === undefined ? {} : { template }),
    inputBytes,
    nodeRows,
    joinPairs,
    columns,
    ...(updateType === undefined ? {} : { updateType, countsRows: true }),
  }
}

/** Statements that read or write rows by a plan. */
export const queryHandlers: StatementHandlers<QueryStatementKinds> = {
  query: (node, context) => planned(node, context),
  insert: (node, context) => planned(node, context, 'INSERT'),
  delete: (node, context) => planned(node, context, 'DELETE'),
  update: (node, context) => planned(node, context, 'UPDATE'),
  merge: (node, context) => planned(node, context, 'MERGE'),

  async createTableAsSelect(node, context) {
    const name = qualifiedObjectName(context.session, node, node.name)
    const { catalog } = name
    const exists =
      (await lookUpTable(context, name)) !== undefined ||
      (await findView(context, name)) !== undefined
    const connector = context.catalogs.find(catalog)?.connector
    // A table that is there already, or no catalog, ends the statement, whatever its properties.
    const ends = connector === undefined || (exists && node.saveMode !== 'REPLACE')
    const tableProperties = await evaluateProperties(
      {
        catalog,
        what: 'table',
        code: 'INVALID_TABLE_PROPERTY',
        definitions: connector?.getTableProperties?.(),
      },
      ends ? [] : node.properties,
      context,
    )
    if (!ends) await checkCreation(name, exists, tableProperties, context)
    return { ...(await planned(node, context, 'CREATE TABLE')), tableProperties }
  },
}
