import type { QualifiedObjectName } from '../../planner/metadata.js'
import { formatViewQuery } from '../../planner/parser/format/format.js'
import { type ConnectorViewDefinition, typeName } from '../../spi/index.js'
import { findView, lookUpTable, printName } from '../catalog/metadata.js'
import type { ViewStatementKinds } from './kinds.js'
import { errorAt, qualifiedObjectName, tableName } from './names.js'
import { evaluateProperties } from './properties.js'
import { writableMetadata } from './schema-statements.js'
import { requireCatalog } from './show.js'
import type { StatementContext, StatementHandlers, StatementOf } from './statement.js'
import { done, requireTargetCatalog, targetName } from './table-statements.js'
import { unsupported } from './unsupported.js'

/** @source Trino CreateViewTask, DropViewTask, RenameViewTask */
export const viewHandlers: StatementHandlers<ViewStatementKinds> = {
  async createView(node, context) {
    const name = qualifiedObjectName(context.session, node, node.name)
    if ((await lookUpTable(context, name)) !== undefined) {
      throw errorAt(node, 'TABLE_ALREADY_EXISTS', `Table already exists: '${printName(name)}'`)
    }
    const exists = (await findView(context, name)) !== undefined
    if (exists && !node.replace) {
      throw errorAt(node, 'TABLE_ALREADY_EXISTS', `View already exists: '${printName(name)}'`)
    }
    await context.access?.check(name.catalog, 'checkCanCreateView', tableName(name))
    if (exists) await context.access?.check(name.catalog, 'checkCanDropView', tableName(name))
    const definition = await viewDefinition(node, name, context)
    requireCatalog(context, node, name.catalog)
    const properties = await evaluateProperties(
      {
        catalog: name.catalog,
        what: 'view',
        code: 'INVALID_VIEW_PROPERTY',
        definitions: context.catalogs.get(name.catalog).connector.getViewProperties?.(),
      },
      node.properties,
      context,
    )
    const metadata = await writableMetadata(context, name.catalog)
    if (metadata.createView === undefined) throw unsupported('creating views')
    await metadata.createView(
      context.connectorSession(name.catalog),
      { schema: name.schema, table: name.name },
      definition,
      properties,
      node.replace,
    )
    return done('CREATE VIEW')
  },

  async dropView(node, context) {
    const name = qualifiedObjectName(context.session, node, node.name)
    if ((await findView(context, name)) === undefined) {
      if ((await lookUpTable(context, name)) !== undefined) {
        throw errorAt(
          node,
          'GENERIC_USER_ERROR',
          `View '${printName(name)}' does not exist, but a table with that name exists. Did you mean DROP TABLE ${printName(name)}?`,
        )
      }
      if (node.exists) return done('DROP VIEW')
      throw errorAt(node, 'GENERIC_USER_ERROR', `View '${printName(name)}' does not exist`)
    }
    await context.access?.check(name.catalog, 'checkCanDropView', tableName(name))
    const metadata = await writableMetadata(context, name.catalog)
    if (metadata.dropView === undefined) throw unsupported('dropping views')
    await metadata.dropView(context.connectorSession(name.catalog), {
      schema: name.schema,
      table: name.name,
    })
    return done('DROP VIEW')
  },

  async renameView(node, context) {
    const source = qualifiedObjectName(context.session, node, node.source)
    if ((await findView(context, source)) === undefined) {
      const isTable = (await lookUpTable(context, source)) !== undefined
      throw errorAt(
        node,
        'TABLE_NOT_FOUND',
        isTable
          ? `View '${printName(source)}' does not exist, but a table with that name exists. Did you mean ALTER TABLE ${printName(source)} RENAME TO ...?`
          : `View '${printName(source)}' does not exist`,
      )
    }
    const target = targetName(source, node, node.target)
    requireTargetCatalog(context, node, target.catalog)
    if ((await findView(context, target)) !== undefined) {
      throw errorAt(node, 'GENERIC_USER_ERROR', `Target view '${printName(target)}' already exists`)
    }
    if ((await lookUpTable(context, target)) !== undefined) {
      throw errorAt(
        node,
        'TABLE_ALREADY_EXISTS',
        `Target view '${printName(target)}' does not exist, but a table with that name exists.`,
      )
    }
    if (source.catalog !== target.catalog) {
      throw errorAt(node, 'NOT_SUPPORTED', 'View rename across catalogs is not supported')
    }
    await context.access?.check(
      source.catalog,
      'checkCanRenameView',
      tableName(source),
      tableName(target),
    )
    const metadata = await writableMetadata(context, source.catalog)
    if (metadata.renameView === undefined) throw unsupported('renaming views')
    await metadata.renameView(
      context.connectorSession(source.catalog),
      { schema: source.schema, table: source.name },
      { schema: target.schema, table: target.name },
    )
    return done('RENAME VIEW')
  },
}

async function viewDefinition(
  node: StatementOf<'createView'>,
  name: QualifiedObjectName,
  context: StatementContext,
): Promise<ConnectorViewDefinition> {
  const { session } = context
  const columns = await context.services.viewColumns(node.query, node, name, context)
  return {
    originalSql: formatViewQuery(node.query),
    ...(session.catalog === undefined ? {} : { catalog: session.catalog }),
    ...(session.schema === undefined ? {} : { schema: session.schema }),
    columns: columns.map((column) => ({
      name: column.name.toLowerCase(),
      type: typeName(column.type),
    })),
    ...(node.comment === undefined ? {} : { comment: node.comment }),
    ...(node.security === 'INVOKER' ? {} : { owner: session.user }),
    runAsInvoker: node.security === 'INVOKER',
    path: session.path.flatMap(({ catalog, schema }) =>
      catalog === undefined ? [] : [{ catalog, schema }],
    ),
  }
}
