import {
  type ColumnMetadata,
  type ConnectorMaterializedViewDefinition,
  type ConnectorViewDefinition,
  type LanguageFunction,
  MillraceError,
  type PageStore,
  type Principal,
  printSchemaTableName,
  type SchemaFunctionName,
  type SchemaTableName,
  type StoredPage,
} from '../../spi/index.js'
import {
  assignMaps,
  type CatalogMaps,
  copyMaps,
  keyOf,
  newMaps,
  putSchemaGrant,
  putTableGrant,
  type StoredMaterializedView,
  type StoredView,
} from './catalog-maps.js'
import { PageReclamation } from './reclamation.js'
import { createMemoryTable, type MemoryTable, storedPages } from './table.js'

export const DEFAULT_SCHEMA = 'default'

/** Tables that keep the rows of materialized views; they are in no list. */
const STORAGE_PREFIX = '$materialized_view$'
export const storageTableName = ({ schema, table }: SchemaTableName): SchemaTableName => ({
  schema,
  table: `${STORAGE_PREFIX}${table}`,
})

const nameKey = ({ schema, table }: SchemaTableName): string => keyOf(schema, table)

const functionKey = (name: SchemaFunctionName, signatureToken: string): string =>
  keyOf(name.schema, name.function, signatureToken)

/** Catalogs made in this process: their dictionaries have different ids, also those of different engines. */
let catalogCount = 0

/** What all states of one catalog share. */
interface Shared {
  readonly pages: PageReclamation
  readonly dictionaryPrefix: string
  nextTableId: number
  nextDictionary: number
}

/** What a fork began with, and what becomes of its pages at its end. */
interface Fork {
  readonly maps: CatalogMaps
  /** By id. */
  readonly tables: ReadonlyMap<number, MemoryTable>
  /** Pages that were written, and pages that are used no more. */
  readonly written: Set<StoredPage>
  readonly retired: StoredPage[]
}

/**
 * A state of the schemas, tables and views of one catalog: the committed one, or the fork of it that a transaction of several
 * statements works on. Lives in the thread that plans queries.
 */
export class MemoryCatalog {
  readonly #shared: Shared
  readonly #fork: Fork | undefined
  readonly #maps: CatalogMaps
  readonly #tables = new Map<string, MemoryTable>()
  readonly #tablesById = new Map<number, MemoryTable>()

  private constructor(shared: Shared, maps: CatalogMaps, fork?: Fork) {
    this.#shared = shared
    this.#maps = maps
    this.#fork = fork
  }

  static create(catalogName: string, store: PageStore): MemoryCatalog {
    const maps = newMaps()
    maps.schemas.set(keyOf(DEFAULT_SCHEMA), {})
    return new MemoryCatalog(
      {
        pages: new PageReclamation(store),
        dictionaryPrefix: `memory/${++catalogCount}/${catalogName}`,
        nextTableId: 0,
        nextDictionary: 0,
      },
      maps,
    )
  }

  /** A copy that changes apart from this state. O(objects of the catalog), not of their rows. */
  fork(): MemoryCatalog {
    const copies = [...this.#tablesById.values()].map((table): MemoryTable => ({ ...table }))
    const forked = new MemoryCatalog(this.#shared, copyMaps(this.#maps), {
      maps: copyMaps(this.#maps),
      tables: new Map([...this.#tablesById].map(([id, table]) => [id, { ...table }])),
      written: new Set(),
      retired: [],
    })
    for (const table of copies) forked.#put(table)
    return forked
  }

  get pages(): PageReclamation {
    return this.#shared.pages
  }
  get maps(): CatalogMaps {
    return this.#maps
  }
  /** What a fork began with. */
  get base(): Fork | undefined {
    return this.#fork
  }
  get allTables(): ReadonlyMap<number, MemoryTable> {
    return this.#tablesById
  }

  /** Takes over the state that a transaction has led to. */
  install(maps: CatalogMaps, tables: Iterable<MemoryTable>): void {
    assignMaps(this.#maps, maps)
    this.#tables.clear()
    this.#tablesById.clear()
    for (const table of tables) this.#put(table)
  }

  /** Pages that no later scan of this state finds. */
  retire(pages: readonly StoredPage[]): void {
    if (this.#fork === undefined) this.pages.retire(pages)
    else this.#fork.retired.push(...pages)
  }

  /** A page was written for this state. */
  written(page: StoredPage): void {
    this.#fork?.written.add(page)
  }

  /** Gives back pages that no scan found. */
  discard(pages: readonly StoredPage[]): void {
    for (const page of pages) this.#fork?.written.delete(page)
    this.pages.discard(pages)
  }

  #put(table: MemoryTable): void {
    this.#tables.set(nameKey({ schema: table.schema, table: table.name }), table)
    this.#tablesById.set(table.id, table)
  }

  get schemas(): readonly string[] {
    return [...this.#maps.schemas.keys()].map((key) => JSON.parse(key)[0])
  }
  hasSchema(schema: string): boolean {
    return this.#maps.schemas.has(keyOf(schema))
  }
  schemaOwner(schema: string): Principal | undefined {
    return this.#maps.schemas.get(keyOf(schema))?.owner
  }

  createSchema(schema: string, owner?: Principal): void {
    if (this.hasSchema(schema)) {
      throw new MillraceError('SCHEMA_ALREADY_EXISTS', `Schema already exists: ${schema}`)
    }
    this.setSchemaOwner(schema, owner)
  }

  setSchemaOwner(schema: string, owner: Principal | undefined): void {
    this.#maps.schemas.set(keyOf(schema), owner === undefined ? {} : { owner })
  }

  dropSchema(schema: string, cascade: boolean): void {
    this.#requireSchema(schema)
    const parts = [
      this.tables(schema),
      this.views(schema),
      this.materializedViews(schema),
      this.functionsOf(schema),
    ]
    if (!cascade && parts.some((part) => part.length > 0)) {
      throw new MillraceError('SCHEMA_NOT_EMPTY', `Schema is not empty: ${schema}`)
    }
    for (const { name } of this.materializedViews(schema)) this.dropMaterializedView(name)
    for (const table of this.tables(schema)) this.dropTable(table.id)
    for (const { name } of this.views(schema)) this.dropView(name)
    for (const [name, { signatureToken }] of this.functionsOf(schema)) {
      this.dropFunction(name, signatureToken)
    }
    for (const [key, grant] of this.#maps.schemaGrants) {
      if (grant.schema === schema) this.#maps.schemaGrants.delete(key)
    }
    this.#maps.schemas.delete(keyOf(schema))
  }

  functionsOf(schema: string): readonly (readonly [SchemaFunctionName, LanguageFunction])[] {
    return [...this.#maps.functions.values()]
      .filter(({ name }) => name.schema === schema)
      .map(({ name, definition }) => [name, definition] as const)
  }

  functionsNamed(name: SchemaFunctionName): readonly LanguageFunction[] {
    return this.functionsOf(name.schema)
      .filter(([own]) => own.function === name.function)
      .map(([, definition]) => definition)
  }

  putFunction(name: SchemaFunctionName, definition: LanguageFunction): void {
    this.#requireSchema(name.schema)
    this.#maps.functions.set(functionKey(name, definition.signatureToken), { name, definition })
  }

  dropFunction(name: SchemaFunctionName, signatureToken: string): void {
    if (!this.#maps.functions.delete(functionKey(name, signatureToken))) {
      throw new MillraceError('FUNCTION_NOT_FOUND', `Function not found: ${name.function}`)
    }
  }

  renameSchema(source: string, target: string): void {
    this.#requireSchema(source)
    this.createSchema(target, this.schemaOwner(source))
    for (const { name } of this.materializedViews(source)) {
      this.renameMaterializedView(name, { schema: target, table: name.table })
    }
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
    for (const [key, grant] of this.#maps.schemaGrants) {
      if (grant.schema !== source) continue
      this.#maps.schemaGrants.delete(key)
      putSchemaGrant(this.#maps, { ...grant, schema: target })
    }
    this.#maps.schemas.delete(keyOf(source))
  }

  /** Without those that keep the rows of materialized views. */
  tables(schema?: string): readonly MemoryTable[] {
    return [...this.#tables.values()].filter(
      (t) => (schema === undefined || t.schema === schema) && !t.name.startsWith(STORAGE_PREFIX),
    )
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
    owner?: Principal,
  ): MemoryTable {
    const id = this.#shared.nextTableId++
    const { dictionaryPrefix } = this.#shared
    return createMemoryTable(id, schema, table, columns, comment, dictionaryPrefix, owner)
  }

  /** For a column that is added to a table, or begins anew. */
  newDictionaryId(): string {
    return `${this.#shared.dictionaryPrefix}/column/${this.#shared.nextDictionary++}`
  }

  /** With `replace` in the place of a table of its name. */
  addTable(table: MemoryTable, replace: boolean): void {
    const name = { schema: table.schema, table: table.name }
    this.#requireSchema(name.schema)
    const old = this.table(name)
    if (!replace || old === undefined) this.#requireUnused(name)
    else this.dropTable(old.id)
    this.#put(table)
  }

  dropTable(id: number): void {
    const table = this.#tablesById.get(id)
    if (table === undefined) return
    const name = { schema: table.schema, table: table.name }
    this.#tables.delete(nameKey(name))
    this.#tablesById.delete(id)
    this.#dropGrants(name)
    this.retire(table.pages.flatMap(storedPages))
  }

  #moveGrants(source: SchemaTableName, target: SchemaTableName): void {
    const { tableGrants } = this.#maps
    for (const [key, grant] of tableGrants) {
      const { schema, table } = grant.table
      if (schema !== source.schema || table !== source.table) continue
      tableGrants.delete(key)
      putTableGrant(this.#maps, { ...grant, table: target })
    }
  }

  #dropGrants({ schema, table }: SchemaTableName): void {
    for (const [key, grant] of this.#maps.tableGrants) {
      if (grant.table.schema === schema && grant.table.table === table) {
        this.#maps.tableGrants.delete(key)
      }
    }
  }

  renameTable(id: number, name: SchemaTableName): void {
    const table = this.tableById(id, name)
    this.#requireSchema(name.schema)
    this.#requireUnused(name)
    const source = { schema: table.schema, table: table.name }
    this.#tables.delete(nameKey(source))
    this.#moveGrants(source, name)
    table.schema = name.schema
    table.name = name.table
    table.version++
    this.#tables.set(nameKey(name), table)
  }

  views(schema?: string): readonly StoredView[] {
    return [...this.#maps.views.values()].filter(
      ({ name }) => schema === undefined || name.schema === schema,
    )
  }
  view(name: SchemaTableName): ConnectorViewDefinition | undefined {
    return this.#maps.views.get(nameKey(name))?.definition
  }

  /** Of a table, view or materialized view. */
  owner(name: SchemaTableName): Principal | undefined {
    const view = this.#maps.views.get(nameKey(name))
    const materialized = this.materializedView(name)?.definition.owner
    return (
      this.table(name)?.owner ??
      view?.owner ??
      (materialized === undefined ? undefined : { type: 'USER', name: materialized })
    )
  }

  putView(
    name: SchemaTableName,
    definition: ConnectorViewDefinition,
    replace: boolean,
    owner = this.#maps.views.get(nameKey(name))?.owner,
  ): void {
    this.#requireSchema(name.schema)
    if (!replace || this.view(name) === undefined) this.#requireUnused(name)
    this.#maps.views.set(nameKey(name), {
      name,
      definition,
      ...(owner === undefined ? {} : { owner }),
    })
  }

  changeView(
    name: SchemaTableName,
    change: (definition: ConnectorViewDefinition) => ConnectorViewDefinition,
    owner?: Principal,
  ): void {
    this.putView(name, change(this.#requireView(name)), true, owner)
  }

  dropView(name: SchemaTableName): void {
    this.#requireView(name)
    this.#maps.views.delete(nameKey(name))
    this.#dropGrants(name)
  }

  renameView(source: SchemaTableName, target: SchemaTableName): void {
    const definition = this.#requireView(source)
    this.putView(target, definition, false, this.owner(source))
    this.#maps.views.delete(nameKey(source))
    this.#moveGrants(source, target)
  }

  materializedViews(schema?: string): readonly StoredMaterializedView[] {
    return [...this.#maps.materializedViews.values()].filter(
      ({ name }) => schema === undefined || name.schema === schema,
    )
  }
  materializedView(name: SchemaTableName): StoredMaterializedView | undefined {
    return this.#maps.materializedViews.get(nameKey(name))
  }

  /** With an empty table for its rows. */
  createMaterializedView(
    name: SchemaTableName,
    definition: ConnectorMaterializedViewDefinition,
    columns: readonly ColumnMetadata[],
    replace: boolean,
  ): void {
    if (replace && this.materializedView(name) !== undefined) this.dropMaterializedView(name)
    this.#requireUnused(name)
    this.addTable(this.newTable(storageTableName(name), columns, undefined), false)
    this.#maps.materializedViews.set(nameKey(name), { name, definition })
  }

  changeMaterializedView(view: StoredMaterializedView): void {
    this.#maps.materializedViews.set(nameKey(view.name), view)
  }

  dropMaterializedView(name: SchemaTableName): void {
    this.#requireMaterializedView(name)
    const storage = this.table(storageTableName(name))
    if (storage !== undefined) this.dropTable(storage.id)
    this.#maps.materializedViews.delete(nameKey(name))
    this.#dropGrants(name)
  }

  renameMaterializedView(source: SchemaTableName, target: SchemaTableName): void {
    const view = this.#requireMaterializedView(source)
    this.#requireUnused(target)
    this.renameTable(this.table(storageTableName(source))!.id, storageTableName(target))
    this.#maps.materializedViews.delete(nameKey(source))
    this.#moveGrants(source, target)
    const { storageTable, ...definition } = view.definition
    this.changeMaterializedView({
      ...view,
      name: target,
      definition: {
        ...definition,
        ...(storageTable === undefined
          ? {}
          : { storageTable: { ...storageTable, ...storageTableName(target) } }),
      },
    })
  }

  #requireMaterializedView(name: SchemaTableName): StoredMaterializedView {
    const view = this.materializedView(name)
    if (view === undefined) {
      throw new MillraceError(
        'TABLE_NOT_FOUND',
        `Materialized view does not exist: ${printSchemaTableName(name)}`,
      )
    }
    return view
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
    if (!this.hasSchema(schema)) {
      throw new MillraceError('NOT_FOUND', `Schema ${schema} not found`)
    }
  }

  #requireUnused(name: SchemaTableName): void {
    const kind =
      this.table(name) !== undefined
        ? 'Table'
        : this.view(name) !== undefined
          ? 'View'
          : this.materializedView(name) !== undefined
            ? 'Materialized view'
            : undefined
    if (kind === undefined) return
    throw new MillraceError(
      'TABLE_ALREADY_EXISTS',
      `${kind} already exists: ${printSchemaTableName(name)}`,
    )
  }
}
