import type { CallArgument, Property } from '../../planner/parser/ast/index.js'
import { MillraceError, type PropertyMetadata, type TableProcedure } from '../../spi/index.js'
import { findView, printName } from '../catalog/metadata.js'
import { errorAt, qualifiedObjectName, tableName } from './names.js'
import { evaluateProperties } from './properties.js'
import { writableMetadata } from './schema-statements.js'
import type { DoneResult, StatementContext, StatementOf } from './statement.js'
import { done, requireTable } from './table-statements.js'

/**
 * ALTER TABLE … EXECUTE of procedures that the connector runs by itself. Those that have the engine read and write the table's rows
 * are NOT_SUPPORTED.
 * @source Trino TableExecuteTask, StatementAnalyzer.visitTableExecute
 */
export async function tableExecute(
  node: StatementOf<'tableExecute'>,
  context: StatementContext,
): Promise<DoneResult> {
  const name = qualifiedObjectName(context.session, node, node.table.name)
  if ((await findView(context, name)) !== undefined) {
    throw errorAt(node, 'NOT_SUPPORTED', 'ALTER TABLE EXECUTE is not supported for views')
  }
  const table = (await requireTable(context, node.table, node.table.name, false))!
  const { catalog } = table.name
  const procedureName = node.procedureName.value.toLowerCase()
  const { connector } = context.catalogs.get(catalog)
  const procedure = connector
    .getTableProcedures?.()
    .find((candidate) => candidate.name.toLowerCase() === procedureName)
  if (procedure === undefined) {
    const { value, delimited } = node.procedureName
    throw new MillraceError(
      'PROCEDURE_NOT_FOUND',
      `Table procedure not registered: ${delimited ? value : value.toUpperCase()}`,
    )
  }
  if (
    node.where !== undefined &&
    procedure.executionMode !== 'distributedWithFilteringAndRepartitioning'
  ) {
    throw errorAt(node, 'NOT_SUPPORTED', `WHERE not supported for procedure ${procedureName}`)
  }
  await context.access?.check(
    catalog,
    'checkCanExecuteTableProcedure',
    tableName(table.name),
    procedureName,
  )
  const properties = await evaluateProperties(
    {
      catalog,
      what: 'procedure',
      code: 'INVALID_PROCEDURE_ARGUMENT',
      definitions: procedure.properties,
    },
    namedArguments(node.arguments, procedure),
    context,
  )
  const metadata = await writableMetadata(context, catalog)
  const session = context.connectorSession(catalog)
  const handle = await metadata.getTableHandleForExecute?.(
    session,
    table.handle,
    procedure.name,
    properties,
  )
  if (handle === undefined) {
    throw errorAt(
      node,
      'NOT_SUPPORTED',
      `Procedure '${procedureName}' cannot be executed on table '${printName(table.name)}'`,
    )
  }
  if (procedure.executionMode !== 'coordinatorOnly' || metadata.executeTableExecute === undefined) {
    throw errorAt(
      node,
      'NOT_SUPPORTED',
      `Table procedures that rewrite the rows of a table are not supported: ${procedureName}`,
    )
  }
  await metadata.executeTableExecute(session, handle)
  return done('ALTER TABLE EXECUTE')
}

/** Arguments as properties, by the names that the procedure declares; either all have names or none. */
function namedArguments(
  args: readonly CallArgument[],
  { properties }: TableProcedure,
): readonly Property[] {
  const named = args.find((argument) => argument.name !== undefined)
  return args.map((argument, i): Property => {
    if (named !== undefined && argument.name === undefined) {
      throw errorAt(argument, 'INVALID_ARGUMENTS', 'Named and positional arguments cannot be mixed')
    }
    const definition: PropertyMetadata | undefined = properties[i]
    if (argument.name === undefined && definition === undefined) {
      throw errorAt(argument, 'INVALID_ARGUMENTS', 'Too many positional arguments')
    }
    const { location, value } = argument
    const name = argument.name ?? {
      kind: 'identifier',
      location,
      value: definition!.name,
      delimited: false,
    }
    return { kind: 'property', location, name, value }
  })
}
