import type { ConnectorViewDefinition, SchemaTableName } from '../../spi/index.js'
import type { MemoryCatalog } from './catalog.js'
import { creator, type Metadata, withComment } from './table-metadata.js'

export function schemaManagement(catalog: MemoryCatalog) {
  return {
    createSchema: (_session, schema, _properties, owner) => catalog.createSchema(schema, owner),
    dropSchema: (_session, schema, cascade) => catalog.dropSchema(schema, cascade),
    renameSchema: (_session, source, target) => catalog.renameSchema(source, target),
  } satisfies Partial<Metadata>
}

/** Owners, which Trino's memory connector doesn't keep. */
export function ownerManagement(catalog: MemoryCatalog) {
  return {
    setSchemaAuthorization: (_session, schema, principal) =>
      catalog.setSchemaOwner(schema, principal),
    getSchemaOwner: (_session, schema) => catalog.schemaOwner(schema),
    setTableAuthorization(_session, name, principal) {
      const table = catalog.table(name)
      if (table === undefined) return
      table.owner = principal
      table.version++
    },
    setViewAuthorization: (_session, name, principal) =>
      catalog.changeView(
        name,
        (definition) =>
          definition.runAsInvoker ? definition : { ...definition, owner: principal.name },
        principal,
      ),
  } satisfies Partial<Metadata>
}

export function viewManagement(catalog: MemoryCatalog) {
  const change = (
    name: SchemaTableName,
    comment: (definition: ConnectorViewDefinition) => ConnectorViewDefinition,
  ): void => catalog.changeView(name, comment)
  return {
    createView: (session, name, definition, _properties, replace) =>
      catalog.putView(name, definition, replace, creator(session)),
    dropView: (_session, name) => catalog.dropView(name),
    renameView: (_session, source, target) => catalog.renameView(source, target),
    setViewComment: (_session, name, comment) =>
      change(name, ({ comment: _, ...definition }) => ({ ...definition, ...withComment(comment) })),
    setViewColumnComment: (_session, name, wanted, comment) =>
      change(name, (definition) => ({
        ...definition,
        columns: definition.columns.map(({ comment: old, ...column }) => ({
          ...column,
          ...withComment(column.name === wanted ? comment : old),
        })),
      })),
    listViews: (_session, schema) => catalog.views(schema).map((view) => view.name),
    getViews: (_session, { schema, table }) =>
      catalog
        .views(schema)
        .filter(({ name }) => table === undefined || name.table === table)
        .map(({ name, definition }) => [name, definition] as const),
    getView: (_session, name) => catalog.view(name),
  } satisfies Partial<Metadata>
}

export function functionManagement(catalog: MemoryCatalog) {
  return {
    listLanguageFunctions: (_session, schema) => catalog.functionsOf(schema),
    getLanguageFunctions: (_session, name) => catalog.functionsNamed(name),
    createLanguageFunction: (_session, name, definition) => catalog.putFunction(name, definition),
    dropLanguageFunction: (_session, name, token) => catalog.dropFunction(name, token),
  } satisfies Partial<Metadata>
}
