import type { InsertRequest, QualifiedObjectName } from '../../planner/metadata.js'
import type { NodeBase } from '../../planner/parser/ast/index.js'
import { formatViewQuery } from '../../planner/parser/format/format.js'
import type { OutputNode, PlanNode } from '../../planner/plan/node.js'
import { assert, type ConnectorMaterializedViewDefinition, typeName } from '../../spi/index.js'
import {
  findMaterializedView,
  findView,
  lookUpTable,
  printName,
  schemaExists,
} from '../catalog/metadata.js'
import type { Session } from '../session/session.js'
import type { MaterializedViewStatementKinds } from './kinds.js'
import { errorAt, qualifiedObjectName, tableName } from './names.js'
import { evaluateProperties } from './properties.js'
import { writableMetadata } from './schema-statements.js'
import { requireCatalog } from './show.js'
import type { PlanResult, StatementContext, StatementHandlers, StatementOf } from './statement.js'
import { done, requireTargetCatalog, targetName } from './table-statements.js'
import { unsupported } from './unsupported.js'

/** @throws TABLE_ALREADY_EXISTS where the name is that of a table or a view */
async function refuseOthers(
  context: StatementContext,
  node: NodeBase,
  name: QualifiedObjectName,
): Promise<void> {
  if ((await lookUpTable(context, name)) !== undefined) {
    throw errorAt(node, 'TABLE_ALREADY_EXISTS', `Table already exists: '${printName(name)}'`)
  }
  if ((await findView(context, name)) !== undefined) {
    throw errorAt(node, 'TABLE_ALREADY_EXISTS', `View already exists: '${printName(name)}'`)
  }
}

/** What a name is the name of, where it is none of a materialized view. */
async function otherRelation(
  context: StatementContext,
  name: QualifiedObjectName,
): Promise<'view' | 'table' | undefined> {
  if ((await findView(context, name)) !== undefined) return 'view'
  return (await lookUpTable(context, name)) === undefined ? undefined : 'table'
}

/** @source Trino CreateMaterializedViewTask, DropMaterializedViewTask, RenameMaterializedViewTask, StatementAnalyzer.visitRefreshMaterializedView */
export const materializedViewHandlers: StatementHandlers<MaterializedViewStatementKinds> = {
  async createMaterializedView(node, context) {
    const name = qualifiedObjectName(context.session, node, node.name)
    const definition = await viewDefinition(node, name, context)
    requireCatalog(context, node, name.catalog)
    const { connector } = context.catalogs.get(name.catalog)
    const properties = await evaluateProperties(
      {
        catalog: name.catalog,
        what: 'materialized view',
        code: 'INVALID_MATERIALIZED_VIEW_PROPERTY',
        definitions: connector.getMaterializedViewProperties?.(),
      },
      node.properties,
      context,
    )
    const { access } = context
    await access?.check(name.catalog, 'checkCanCreateMaterializedView', tableName(name), properties)
    if (node.replace && (await findMaterializedView(context, name)) !== undefined) {
      await access?.check(name.catalog, 'checkCanDropMaterializedView', tableName(name))
    }
    const metadata = await writableMetadata(context, name.catalog)
    if (metadata.createMaterializedView === undefined) {
      throw unsupported('creating materialized views')
    }
    await refuseOthers(context, node, name)
    if ((await findMaterializedView(context, name)) !== undefined && !node.replace) {
      if (node.notExists) return done('CREATE MATERIALIZED VIEW')
      throw errorAt(
        node,
        'TABLE_ALREADY_EXISTS',
        `Materialized view already exists: '${printName(name)}'`,
      )
    }
    await metadata.createMaterializedView(
      context.connectorSession(name.catalog),
      tableName(name),
      definition,
      properties,
      node.replace,
      node.notExists,
    )
    return done('CREATE MATERIALIZED VIEW')
  },

  async dropMaterializedView(node, context) {
    const name = qualifiedObjectName(context.session, node, node.name)
    if ((await findMaterializedView(context, name)) === undefined) {
      const other = await otherRelation(context, name)
      if (other !== undefined) {
        throw errorAt(
          node,
          'GENERIC_USER_ERROR',
          `Materialized view '${printName(name)}' does not exist, but a ${other} with that name exists. Did you mean DROP ${other.toUpperCase()} ${printName(name)}?`,
        )
      }
      if (node.exists) return done('DROP MATERIALIZED VIEW')
      throw errorAt(
        node,
        'GENERIC_USER_ERROR',
        `Materialized view '${printName(name)}' does not exist`,
      )
    }
    await context.access?.check(name.catalog, 'checkCanDropMaterializedView', tableName(name))
    const metadata = await writableMetadata(context, name.catalog)
    if (metadata.dropMaterializedView === undefined) {
      throw unsupported('dropping materialized views')
    }
    await metadata.dropMaterializedView(context.connectorSession(name.catalog), tableName(name))
    return done('DROP MATERIALIZED VIEW')
  },

  async renameMaterializedView(node, context) {
    const name = qualifiedObjectName(context.session, node, node.source)
    if ((await findMaterializedView(context, name)) === undefined) {
      const other = await otherRelation(context, name)
      if (other !== undefined) {
        throw errorAt(
          node,
          'TABLE_NOT_FOUND',
          `Materialized View '${printName(name)}' does not exist, but a ${other} with that name exists. Did you mean ALTER ${other.toUpperCase()} ${printName(name)} RENAME TO ...?`,
        )
      }
      if (node.exists) return done('RENAME MATERIALIZED VIEW')
      throw errorAt(
        node,
        'TABLE_NOT_FOUND',
        `Materialized View '${printName(name)}' does not exist`,
      )
    }
    const target = targetName(name, node, node.target)
    requireTargetCatalog(context, node, target.catalog)
    if (target.catalog !== name.catalog) {
      throw errorAt(
        node,
        'NOT_SUPPORTED',
        'Materialized View rename across catalogs is not supported',
      )
    }
    if (!(await schemaExists(context, target.catalog, target.schema))) {
      throw errorAt(node, 'SCHEMA_NOT_FOUND', `Schema '${target.schema}' does not exist`)
    }
    await refuseOthers(context, node, target)
    if ((await findMaterializedView(context, target)) !== undefined) {
      throw errorAt(
        node,
        'TABLE_ALREADY_EXISTS',
        `Target materialized view '${printName(target)}' already exists`,
      )
    }
    await context.access?.check(
      name.catalog,
      'checkCanRenameMaterializedView',
      tableName(name),
      tableName(target),
    )
    const metadata = await writableMetadata(context, name.catalog)
    if (metadata.renameMaterializedView === undefined) {
      throw unsupported('renaming materialized views')
    }
    await metadata.renameMaterializedView(
      context.connectorSession(name.catalog),
      tableName(name),
      tableName(target),
    )
    return done('RENAME MATERIALIZED VIEW')
  },

  async refreshMaterializedView(node, context) {
    const name = qualifiedObjectName(context.session, node, node.table.name)
    const view = await findMaterializedView(context, name)
    if (view === undefined) {
      throw errorAt(
        node,
        'TABLE_NOT_FOUND',
        `Materialized view '${printName(name)}' does not exist`,
      )
    }
    await context.access?.check(name.catalog, 'checkCanRefreshMaterializedView', tableName(name))
    const metadata = await writableMetadata(context, name.catalog)
    const session = context.connectorSession(name.catalog)
    const isDelegated = await metadata.delegateMaterializedViewRefreshToConnector?.(
      session,
      tableName(name),
    )
    if (isDelegated === true) {
      if (metadata.refreshMaterializedView === undefined)
        throw unsupported('refreshing materialized views')
      await metadata.refreshMaterializedView(session, tableName(name))
      return done('REFRESH MATERIALIZED VIEW')
    }
    if (
      view.storageTable === undefined ||
      metadata.beginRefreshMaterializedView === undefined ||
      metadata.finishRefreshMaterializedView === undefined
    ) {
      throw unsupported('refreshing materialized views')
    }
    return planRefresh(node, name, view, context)
  },
}

async function viewDefinition(
  node: StatementOf<'createMaterializedView'>,
  name: QualifiedObjectName,
  context: StatementContext,
): Promise<ConnectorMaterializedViewDefinition> {
  const { session } = context
  const columns = await context.services.viewColumns(node.query, node, name, context)
  if (node.whenStale !== undefined) {
    throw errorAt(node, 'NOT_SUPPORTED', 'WHEN STALE is not supported')
  }
  return {
    originalSql: formatViewQuery(node.query),
    ...(session.catalog === undefined ? {} : { catalog: session.catalog }),
    ...(session.schema === undefined ? {} : { schema: session.schema }),
    columns: columns.map((column) => ({
      name: column.name.toLowerCase(),
      type: typeName(column.type),
    })),
    ...(await gracePeriod(node, name, context)),
    ...(node.comment === undefined ? {} : { comment: node.comment }),
    owner: session.user,
    path: session.path.flatMap(({ catalog, schema }) =>
      catalog === undefined ? [] : [{ catalog, schema }],
    ),
  }
}

async function gracePeriod(
  node: StatementOf<'createMaterializedView'>,
  { catalog }: QualifiedObjectName,
  context: StatementContext,
): Promise<{ readonly gracePeriodMillis?: number }> {
  if (node.gracePeriod === undefined) return {}
  const { connector } = context.catalogs.get(catalog)
  if (connector.getCapabilities?.().includes('MATERIALIZED_VIEW_GRACE_PERIOD') !== true) {
    throw errorAt(node, 'NOT_SUPPORTED', `Catalog '${catalog}' does not support GRACE PERIOD`)
  }
  const { type, value } = await context.services.evaluate(node.gracePeriod, context)
  if (type.kind !== 'interval day to second') {
    throw errorAt(
      node.gracePeriod,
      'TYPE_MISMATCH',
      `Unsupported grace period type ${typeName(type)}, expected INTERVAL DAY TO SECOND`,
    )
  }
  return { gracePeriodMillis: Number(value) }
}

/** A refresh is an INSERT of the view's query, under the view's session, that replaces the rows of its storage table. */
async function planRefresh(
  node: StatementOf<'refreshMaterializedView'>,
  name: QualifiedObjectName,
  view: ConnectorMaterializedViewDefinition,
  context: StatementContext,
): Promise<PlanResult> {
  const storage = view.storageTable!
  const query = context.services.parse(view.originalSql)
  assert(query.kind === 'query', 'the text of a materialized view is a query')
  const identifier = (value: string) => ({ ...node.table.name.parts[0]!, value })
  const insert = {
    kind: 'insert',
    location: node.location,
    table: {
      ...node.table,
      name: {
        ...node.table.name,
        parts: [storage.catalog, storage.schema, storage.table].map(identifier),
      },
    },
    query,
  } as const
  const planned = await context.services.plan(insert, {
    ...context,
    ...(context.access === undefined ? {} : { access: context.access.refreshing(view.owner) }),
    session: viewSession(context.session, view),
    sql: view.originalSql,
    parameters: [],
  })
  const sources = planned.tables.filter(
    (table) => table.table !== storage.table || table.schema !== storage.schema,
  )
  return {
    ...planned,
    kind: 'plan',
    plan: withRefresh(planned.plan, {
      view: name,
      sources: sources.filter((s) => s.catalog === name.catalog).map((s) => s.handle),
      hasForeignSources: sources.some((s) => s.catalog !== name.catalog),
    }),
    updateType: 'REFRESH MATERIALIZED VIEW',
    countsRows: true,
  }
}

/** The session with the names of the view's own. */
function viewSession(session: Session, view: ConnectorMaterializedViewDefinition): Session {
  const { catalog: _, schema: __, ...rest } = session
  return {
    ...rest,
    ...(view.catalog === undefined ? {} : { catalog: view.catalog }),
    ...(view.schema === undefined ? {} : { schema: view.schema }),
    path: view.path ?? [],
  }
}

/** The plan with its insert marked as the refresh of a view. */
function withRefresh(plan: OutputNode, refresh: InsertRequest['refresh'] & object): OutputNode {
  const mark = (node: PlanNode): PlanNode => {
    if (node.kind === 'tableFinish') return { ...node, source: mark(node.source) }
    assert(node.kind === 'tableWriter' && node.target.kind === 'insert', 'an insert')
    const handle: InsertRequest = { ...(node.target.handle as InsertRequest), refresh }
    return { ...node, target: { ...node.target, handle } }
  }
  return { ...plan, source: mark(plan.source) }
}
