import {
  type ColumnMetadata,
  type ConnectorViewDefinition,
  type LanguageFunction,
  MillraceError,
  type PageStore,
  printSchemaTableName,
  type SchemaFunctionName,
  type SchemaTableName,
} from '../../spi/index.js'
import { PageReclamation } from './reclamation.js'
import { createMemoryTable, type MemoryTable } from './table.js'

export const DEFAULT_SCHEMA = 'default'

const nameKey = ({ schema, table }: SchemaTableName): string => JSON.stringify([schema, table])

const functionKey = (name: SchemaFunctionName): string =>
  JSON.stringify([name.schema, name.function])

/** Catalogs made in this process: their dictionaries have different ids, also those of different engines. */
let catalogCount = 0

/** The schemas, tables and views of one catalog. Lives in the thread that plans queries. */
export class MemoryCatalog {
  readonly pages: PageReclamation
  readonly #dictionaryPrefix: string
  readonly #schemas = new Set([DEFAULT_SCHEMA])
  readonly #tables = new Map<string, MemoryTable>()
  readonly #tablesById = new Map<number, MemoryTable>()
  readonly #views = new Map<
    string,
    { readonly name: SchemaTableName; readonly definition: ConnectorViewDefinition }
  >()
  /** By schema and name, then by signature. */
  readonly #functions = new Map<
    string,
    { readonly name: SchemaFunctionName; readonly bySignature: Map<string, LanguageFunction> }
  >()
  #nextTableId = 0

  constructor(catalogName: string, store: PageStore) {
    this.pages = new PageReclamation(store)
    this.#dictionaryPrefix = `memory/${++catalogCount}/${catalogName}`
  }

  get schemas(): readonly string[] {
    return [...this.#schemas]
  }
  hasSchema(schema: string): boolean {
    return this.#schemas.has(schema)
  }

  createSchema(schema: string): void {
    if (this.#schemas.has(schema)) {
      throw new MillraceError('SCHEMA_ALREADY_EXISTS', `Schema already exists: ${schema}`)
    }
    this.#schemas.add(schema)
  }

  dropSchema(schema: string, cascade: boolean): void {
    this.#requireSchema(schema)
    const tables = this.tables(schema)
    const views = this.views(schema)
    if (!cascade && tables.length + views.length + this.functionsOf(schema).length > 0) {
      throw new MillraceError('SCHEMA_NOT_EMPTY', `Schema is not empty: ${schema}`)
    }
    for (const table of tables) this.dropTable(table.id)
    for (const { name } of views) this.dropView(name)
    for (const [name, { signatureToken }] of this.functionsOf(schema)) {
      this.dropFunction(name, signatureToken)
    }
    this.#schemas.delete(schema)
  }

  functionsOf(schema: string): readonly (readonly [SchemaFunctionName, LanguageFunction])[] {
    return [...this.#functions.values()]
      .filter(({ name }) => name.schema === schema)
      .flatMap(({ name, bySignature }) => [...bySignature.values()].map((f) => [name, f] as const))
  }

  functionsNamed(name: SchemaFunctionName): readonly LanguageFunction[] {
    return [...(this.#functions.get(functionKey(name))?.bySignature.values() ?? [])]
  }

  putFunction(name: SchemaFunctionName, definition: LanguageFunction): void {
    this.#requireSchema(name.schema)
    const key = functionKey(name)
    const entry = this.#functions.get(key) ?? { name, bySignature: new Map() }
    entry.bySignature.set(definition.signatureToken, definition)
    this.#functions.set(key, entry)
  }

  dropFunction(name: SchemaFunctionName, signatureToken: string): void {
    const key = functionKey(name)
    const entry = this.#functions.get(key)
    if (entry?.bySignature.delete(signatureToken) !== true) {
      throw new MillraceError('FUNCTION_NOT_FOUND', `Function not found: ${name.function}`)
    }
    if (entry.bySignature.size === 0) this.#functions.delete(key)
  }

  renameSchema(source: string, target: string): void {
    this.#requireSchema(source)
    this.createSchema(target)
    for (const table of this.tables(source)) {
      this.renameTable(table.id, { schema: target, table: table.name })
    }
    for (const [name, definition] of this.functionsOf(source)) {
      this.putFunction({ schema: target, function: name.function }, definition)
      this.dropFunction(name, definition.signatureToken)
    }
    for (const { name } of this.views(source)) {
      this.renameView(name, { schema: target, table: name.table })
    }
    this.#schemas.delete(source)
  }

  tables(schema?: string): readonly MemoryTable[] {
    return [...this.#tables.values()].filter((t) => schema === undefined || t.schema === schema)
  }
  table(name: SchemaTableName): MemoryTable | undefined {
    return this.#tables.get(nameKey(name))
  }
  /** @throws TABLE_NOT_FOUND where it has been dropped meanwhile */
  tableById(id: number, name: SchemaTableName): MemoryTable {
    const table = this.#tablesById.get(id)
    if (table === undefined) {
      throw new MillraceError(
        'TABLE_NOT_FOUND',
        `Table has been dropped: ${printSchemaTableName(name)}`,
      )
    }
    return table
  }

  /** A table that no one sees until {@link addTable}. */
  newTable(
    { schema, table }: SchemaTableName,
    columns: readonly ColumnMetadata[],
    comment: string | undefined,
  ): MemoryTable {
    const id = this.#nextTableId++
    return createMemoryTable(id, schema, table, columns, comment, this.#dictionaryPrefix)
  }

  dictionaryId(table: MemoryTable, channel: number): string {
    return `${this.#dictionaryPrefix}/${table.id}/${channel}`
  }

  /** With `replace` in the place of a table of its name. */
  addTable(table: MemoryTable, replace: boolean): void {
    const name = { schema: table.schema, table: table.name }
    this.#requireSchema(name.schema)
    const old = this.table(name)
    if (!replace || old === undefined) this.#requireUnused(name)
    else this.dropTable(old.id)
    this.#tables.set(nameKey(name), table)
    this.#tablesById.set(table.id, table)
  }

  dropTable(id: number): void {
    const table = this.#tablesById.get(id)
    if (table === undefined) return
    this.#tables.delete(nameKey({ schema: table.schema, table: table.name }))
    this.#tablesById.delete(id)
    this.pages.retire(table.pages.map((page) => page.stored))
  }

  renameTable(id: number, name: SchemaTableName): void {
    const table = this.tableById(id, name)
    this.#requireSchema(name.schema)
    this.#requireUnused(name)
    this.#tables.delete(nameKey({ schema: table.schema, table: table.name }))
    table.schema = name.schema
    table.name = name.table
    table.version++
    this.#tables.set(nameKey(name), table)
  }

  views(
    schema?: string,
  ): readonly { readonly name: SchemaTableName; readonly definition: ConnectorViewDefinition }[] {
    return [...this.#views.values()].filter(
      ({ name }) => schema === undefined || name.schema === schema,
    )
  }
  view(name: SchemaTableName): ConnectorViewDefinition | undefined {
    return this.#views.get(nameKey(name))?.definition
  }

  putView(name: SchemaTableName, definition: ConnectorViewDefinition, replace: boolean): void {
    this.#requireSchema(name.schema)
    if (!replace || this.table(name) !== undefined) this.#requireUnused(name)
    this.#views.set(nameKey(name), { name, definition })
  }

  changeView(
    name: SchemaTableName,
    change: (definition: ConnectorViewDefinition) => ConnectorViewDefinition,
  ): void {
    this.putView(name, change(this.#requireView(name)), true)
  }

  dropView(name: SchemaTableName): void {
    this.#requireView(name)
    this.#views.delete(nameKey(name))
  }

  renameView(source: SchemaTableName, target: SchemaTableName): void {
    const definition = this.#requireView(source)
    this.putView(target, definition, false)
    this.#views.delete(nameKey(source))
  }

  #requireView(name: SchemaTableName): ConnectorViewDefinition {
    const view = this.view(name)
    if (view === undefined) {
      throw new MillraceError(
        'TABLE_NOT_FOUND',
        `View does not exist: ${printSchemaTableName(name)}`,
      )
    }
    return view
  }

  #requireSchema(schema: string): void {
    if (!this.#schemas.has(schema)) {
      throw new MillraceError('NOT_FOUND', `Schema ${schema} not found`)
    }
  }

  #requireUnused(name: SchemaTableName): void {
    if (this.table(name) === undefined && this.view(name) === undefined) return
    const kind = this.table(name) === undefined ? 'View' : 'Table'
    throw new MillraceError(
      'TABLE_ALREADY_EXISTS',
      `${kind} already exists: ${printSchemaTableName(name)}`,
    )
  }
}
