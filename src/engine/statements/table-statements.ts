import type { QualifiedObjectName } from '../../planner/metadata.js'
import type { NodeBase, QualifiedName } from '../../planner/parser/ast/index.js'
import { MillraceError, type Properties } from '../../spi/index.js'
import {
  findMaterializedView,
  findView,
  lookUpTable,
  printName,
  type TableLookup,
} from '../catalog/metadata.js'
import type { TableStatementKinds } from './kinds.js'
import { errorAt, qualifiedObjectName, tableName } from './names.js'
import { evaluateStated } from './properties.js'
import { writableMetadata } from './schema-statements.js'
import { requireCatalog } from './show.js'
import type { DoneResult, StatementContext, StatementHandlers, StatementOf } from './statement.js'
import { newTable } from './table-definition.js'
import { unsupported } from './unsupported.js'

export const done = (updateType: string): DoneResult => ({ kind: 'done', updateType })

/** The table of a name; undefined where there is none and `ifExists` says that this is no error. */
export async function requireTable(
  context: StatementContext,
  node: NodeBase,
  written: QualifiedName,
  ifExists: boolean,
): Promise<TableLookup | undefined> {
  const name = qualifiedObjectName(context.session, node, written)
  const table = await lookUpTable(context, name)
  if (table === undefined && !ifExists) {
    throw errorAt(node, 'TABLE_NOT_FOUND', `Table '${printName(name)}' does not exist`)
  }
  return table
}

/** Whoever puts a table in the place of another drops that one. @throws PERMISSION_DENIED */
export async function checkCreation(
  name: QualifiedObjectName,
  replaces: boolean,
  properties: Properties | undefined,
  { access }: StatementContext,
): Promise<void> {
  const { catalog } = name
  await access?.check(catalog, 'checkCanCreateTable', tableName(name), properties ?? {})
  if (replaces) await access?.check(catalog, 'checkCanDropTable', tableName(name))
}

/** @source Trino CreateTableTask, DropTableTask, RenameTableTask, CommentTask, TruncateTableTask */
export const tableHandlers: StatementHandlers<TableStatementKinds> = {
  async createTable(node, context) {
    const name = qualifiedObjectName(context.session, node, node.name)
    requireCatalog(context, node, name.catalog)
    const exists =
      (await lookUpTable(context, name)) !== undefined ||
      (await findView(context, name)) !== undefined
    if (exists && node.saveMode !== 'REPLACE') {
      if (node.saveMode === 'IGNORE') return done('CREATE TABLE')
      throw errorAt(node, 'TABLE_ALREADY_EXISTS', `Table '${printName(name)}' already exists`)
    }
    const tableMetadata = await newTable(node, name, context)
    await checkCreation(name, exists, tableMetadata.properties, context)
    const metadata = await writableMetadata(context, name.catalog)
    if (metadata.createTable === undefined) throw unsupported('creating tables')
    try {
      await metadata.createTable(
        context.connectorSession(name.catalog),
        tableMetadata,
        node.saveMode,
      )
    } catch (error) {
      // Another query may have created it since it was looked up.
      const raced = error instanceof MillraceError && error.code === 'TABLE_ALREADY_EXISTS'
      if (!raced || node.saveMode !== 'IGNORE') throw error
    }
    return done('CREATE TABLE')
  },

  async dropTable(node, context) {
    const name = qualifiedObjectName(context.session, node, node.tableName)
    const table = await lookUpTable(context, name)
    if (table === undefined) {
      if ((await findView(context, name)) !== undefined) {
        throw errorAt(
          node,
          'GENERIC_USER_ERROR',
          `Table '${printName(name)}' does not exist, but a view with that name exists. Did you mean DROP VIEW ${printName(name)}?`,
        )
      }
      if ((await findMaterializedView(context, name)) !== undefined) {
        throw errorAt(
          node,
          'GENERIC_USER_ERROR',
          `Table '${printName(name)}' does not exist, but a materialized view with that name exists. Did you mean DROP MATERIALIZED VIEW ${printName(name)}?`,
        )
      }
      if (node.exists) return done('DROP TABLE')
      throw errorAt(node, 'TABLE_NOT_FOUND', `Table '${printName(name)}' does not exist`)
    }
    await context.access?.check(name.catalog, 'checkCanDropTable', tableName(name))
    const metadata = await writableMetadata(context, name.catalog)
    if (metadata.dropTable === undefined) throw unsupported('dropping tables')
    await metadata.dropTable(context.connectorSession(name.catalog), table.handle)
    return done('DROP TABLE')
  },

  async renameTable(node, context) {
    const source = qualifiedObjectName(context.session, node, node.source)
    if ((await findView(context, source)) !== undefined) {
      throw errorAt(
        node,
        'GENERIC_USER_ERROR',
        `Table '${printName(source)}' does not exist, but a view with that name exists. Did you mean ALTER VIEW ${printName(source)} RENAME TO ...?`,
      )
    }
    const table = await requireTable(context, node, node.source, node.exists)
    if (table === undefined) return done('RENAME TABLE')
    const target = targetName(source, node, node.target)
    requireTargetCatalog(context, node, target.catalog)
    if ((await findView(context, target)) !== undefined) {
      throw errorAt(
        node,
        'GENERIC_USER_ERROR',
        `Target table '${printName(target)}' does not exist, but a view with that name exists.`,
      )
    }
    if ((await lookUpTable(context, target)) !== undefined) {
      throw errorAt(
        node,
        'TABLE_ALREADY_EXISTS',
        `Target table '${printName(target)}' already exists`,
      )
    }
    if (target.catalog !== source.catalog) {
      throw errorAt(node, 'NOT_SUPPORTED', 'Table rename across catalogs is not supported')
    }
    await context.access?.check(
      source.catalog,
      'checkCanRenameTable',
      tableName(source),
      tableName(target),
    )
    const metadata = await writableMetadata(context, source.catalog)
    if (metadata.renameTable === undefined) throw unsupported('renaming tables')
    await metadata.renameTable(context.connectorSession(source.catalog), table.handle, {
      schema: target.schema,
      table: target.name,
    })
    return done('RENAME TABLE')
  },

  async comment(node, context) {
    if (node.type === 'COLUMN') await commentOnColumn(node, context)
    else if (node.type === 'VIEW') await commentOnView(node, context)
    else await commentOnTable(node, context)
    return done('COMMENT')
  },

  async truncateTable(node, context) {
    const name = qualifiedObjectName(context.session, node, node.tableName)
    if ((await findView(context, name)) !== undefined) {
      throw errorAt(node, 'NOT_SUPPORTED', 'Cannot truncate a view')
    }
    const table = (await requireTable(context, node, node.tableName, false))!
    await context.access?.check(name.catalog, 'checkCanTruncateTable', tableName(name))
    const metadata = await writableMetadata(context, name.catalog)
    if (metadata.truncateTable === undefined) throw unsupported('truncating tables')
    await metadata.truncateTable(context.connectorSession(name.catalog), table.handle)
    return done('TRUNCATE TABLE')
  },

  async setProperties(node, context) {
    const name = qualifiedObjectName(context.session, node, node.name)
    const { catalog } = name
    const connector = context.catalogs.find(catalog)?.connector
    if (node.type === 'MATERIALIZED VIEW') {
      await evaluateStated(
        {
          catalog,
          what: 'materialized view',
          code: 'INVALID_MATERIALIZED_VIEW_PROPERTY',
          definitions: connector?.getMaterializedViewProperties?.(),
        },
        node.properties,
        context,
      )
      await context.access?.check(
        catalog,
        'checkCanSetMaterializedViewProperties',
        tableName(name),
        {},
      )
      throw unsupported('setting materialized view properties')
    }
    const properties = await evaluateStated(
      {
        catalog,
        what: 'table',
        code: 'INVALID_TABLE_PROPERTY',
        definitions: connector?.getTableProperties?.(),
      },
      node.properties,
      context,
    )
    const table = (await requireTable(context, node, node.name, false))!
    await context.access?.check(
      catalog,
      'checkCanSetTableProperties',
      tableName(table.name),
      Object.fromEntries(properties),
    )
    const metadata = await writableMetadata(context, catalog)
    if (metadata.setTableProperties === undefined) throw unsupported('setting table properties')
    await metadata.setTableProperties(
      context.connectorSession(catalog),
      table.handle,
      Object.fromEntries(properties),
    )
    return done('SET PROPERTIES')
  },
}

/** The target of RENAME TO: missing parts are the source's. @source Trino MetadataUtil.createTargetQualifiedObjectName */
export function targetName(
  source: QualifiedObjectName,
  node: NodeBase,
  target: QualifiedName,
): QualifiedObjectName {
  const parts = target.parts.map((part) => part.value.toLowerCase())
  if (parts.length > 3) {
    throw errorAt(node, 'SYNTAX_ERROR', `Too many dots in table name: ${parts.join('.')}`)
  }
  return {
    catalog: parts.length === 3 ? parts[0]! : source.catalog,
    schema: parts.length >= 2 ? parts[parts.length - 2]! : source.schema,
    name: parts[parts.length - 1]!,
  }
}

/** @throws CATALOG_NOT_FOUND at the node, where RENAME TO names a catalog that does not exist */
export function requireTargetCatalog(
  context: StatementContext,
  node: NodeBase,
  catalog: string,
): void {
  if (context.catalogs.find(catalog) === undefined) {
    throw errorAt(node, 'CATALOG_NOT_FOUND', `Target catalog '${catalog}' not found`)
  }
}

async function commentOnTable(
  node: StatementOf<'comment'>,
  context: StatementContext,
): Promise<void> {
  const name = qualifiedObjectName(context.session, node, node.name)
  if ((await findView(context, name)) !== undefined) {
    throw errorAt(
      node,
      'TABLE_NOT_FOUND',
      `Table '${printName(name)}' does not exist, but a view with that name exists. Did you mean COMMENT ON VIEW ${printName(name)} IS ...?`,
    )
  }
  const table = (await requireTable(context, node, node.name, false))!
  await context.access?.check(name.catalog, 'checkCanSetTableComment', tableName(name))
  const metadata = await writableMetadata(context, name.catalog)
  if (metadata.setTableComment === undefined) throw unsupported('setting table comments')
  await metadata.setTableComment(context.connectorSession(name.catalog), table.handle, node.comment)
}

async function commentOnView(
  node: StatementOf<'comment'>,
  context: StatementContext,
): Promise<void> {
  const name = qualifiedObjectName(context.session, node, node.name)
  if ((await findView(context, name)) === undefined) {
    const isTable = (await lookUpTable(context, name)) !== undefined
    throw errorAt(
      node,
      'TABLE_NOT_FOUND',
      isTable
        ? `View '${printName(name)}' does not exist, but a table with that name exists. Did you mean COMMENT ON TABLE ${printName(name)} IS ...?`
        : `View '${printName(name)}' does not exist`,
    )
  }
  await context.access?.check(name.catalog, 'checkCanSetViewComment', tableName(name))
  const metadata = await writableMetadata(context, name.catalog)
  if (metadata.setViewComment === undefined) throw unsupported('setting view comments')
  await metadata.setViewComment(
    context.connectorSession(name.catalog),
    { schema: name.schema, table: name.name },
    node.comment,
  )
}

async function commentOnColumn(
  node: StatementOf<'comment'>,
  context: StatementContext,
): Promise<void> {
  const parts = node.name.parts
  if (parts.length < 2) {
    throw errorAt(node, 'MISSING_TABLE', 'Table must be specified')
  }
  const owner: QualifiedName = { ...node.name, parts: parts.slice(0, -1) }
  const column = parts[parts.length - 1]!.value.toLowerCase()
  const name = qualifiedObjectName(context.session, node, owner)
  const missing = () => errorAt(node, 'COLUMN_NOT_FOUND', `Column does not exist: ${column}`)
  const session = context.connectorSession(name.catalog)
  const view = await findView(context, name)
  if (view !== undefined) {
    if (!view.columns.some((candidate) => candidate.name === column)) throw missing()
    await context.access?.check(name.catalog, 'checkCanSetColumnComment', tableName(name))
    const metadata = await writableMetadata(context, name.catalog)
    if (metadata.setViewColumnComment === undefined) {
      throw unsupported('setting view column comments')
    }
    await metadata.setViewColumnComment(
      session,
      { schema: name.schema, table: name.name },
      column,
      node.comment,
    )
    return
  }
  const table = (await requireTable(context, node, owner, false))!
  const handle = table.columnHandles.get(column)
  if (handle === undefined) throw missing()
  await context.access?.check(name.catalog, 'checkCanSetColumnComment', tableName(name))
  const metadata = await writableMetadata(context, name.catalog)
  if (metadata.setColumnComment === undefined) throw unsupported('setting column comments')
  await metadata.setColumnComment(session, table.handle, handle, node.comment)
}
