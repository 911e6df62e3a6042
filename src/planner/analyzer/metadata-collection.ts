import { type ErrorCode, MillraceError, type ViewExpression } from '../../spi/index.js'
import type {
  Accessor,
  AnalyzedTableFunction,
  MetadataResolver,
  PlannerSession,
  QualifiedObjectName,
  ResolvedRelation,
  ResolvedRowChange,
  ResolvedTable,
  ResolvedTableFunction,
  ResolvedView,
  TableSecurity,
  TableVersion,
} from '../metadata.js'
import type {
  Expression,
  NodeBase,
  QualifiedName,
  Query,
  Statement,
  Table,
  TableFunctionInvocation,
} from '../parser/ast/index.js'
import { parseExpression, parseStatement } from '../parser/parser.js'
import type { NamedRoutine } from './routine-registry.js'
import { semanticError } from './semantic-error.js'

/** What a name of the text turned out to be. */
export interface FoundRelation {
  readonly name: QualifiedObjectName
  readonly catalogExists: boolean
  readonly schemaExists: boolean
  readonly relation: ResolvedRelation | undefined
}

/** A view with its text parsed. */
export interface ParsedView {
  readonly query: Query
}

export interface ParsedExpression {
  readonly written: ViewExpression
  /** Or what is wrong with the text. */
  readonly node: Expression | MillraceError
}

/** Row filters and column masks of a table for somebody. */
export interface ParsedSecurity {
  readonly rowFilters: readonly ParsedExpression[]
  readonly columnMasks: ReadonlyMap<string, ParsedExpression>
}

/** What the statement's names refer to, found before analysis begins, so that analysis itself never waits. */
export interface CollectedMetadata {
  readonly relations: ReadonlyMap<string, FoundRelation>
  readonly registered: ReadonlyMap<string, ResolvedTable>
  /** Files by their path; undefined where there are none. */
  readonly files: ReadonlyMap<string, ResolvedTable | undefined>
  readonly views: ReadonlyMap<string, ParsedView>
  /** See {@link securityOf}. */
  readonly security: ReadonlyMap<string, ParsedSecurity>
  /** Table functions of connectors, by their calls. */
  readonly functions: ReadonlyMap<TableFunctionInvocation, ResolvedTableFunction>
  /** What connectors made of the calls; filled as analysis comes to them. */
  readonly analyzedFunctions: Map<TableFunctionInvocation, AnalyzedTableFunction>
  /** SQL functions of catalogs, overloads one by one. */
  readonly routines: readonly NamedRoutine[]
  /** Of the table that DELETE, UPDATE or MERGE names, where its connector can change rows. */
  readonly rowChange?: ResolvedRowChange
}

/** For expressions that name no tables. */
export const NO_METADATA: CollectedMetadata = {
  relations: new Map(),
  registered: new Map(),
  files: new Map(),
  views: new Map(),
  security: new Map(),
  functions: new Map(),
  analyzedFunctions: new Map(),
  routines: [],
}

export const nameKey = (name: QualifiedObjectName, version?: Table['queryPeriod']): string =>
  JSON.stringify([name.catalog, name.schema, name.name, version?.location ?? null])

export const qualifiedText = (name: QualifiedObjectName): string =>
  [name.catalog, name.schema, name.name].map(quotedPart).join('.')

const quotedPart = (part: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`

/**
 * The full name of a table's written name.
 * @throws MillraceError MISSING_CATALOG_NAME, MISSING_SCHEMA_NAME, SYNTAX_ERROR for more than three parts
 */
export function qualify(
  name: QualifiedName,
  session: Pick<PlannerSession, 'catalog' | 'schema'>,
  node: NodeBase,
): QualifiedObjectName {
  const parts = name.parts.map((part) => part.value.toLowerCase())
  if (parts.length > 3) {
    throw new MillraceError('SYNTAX_ERROR', `Too many dots in table name: ${parts.join('.')}`)
  }
  const missing = (code: ErrorCode, message: string): never => {
    throw semanticError(code, node, message)
  }
  const [table, schema, catalog] = parts.reverse()
  const schemaName =
    schema ??
    session.schema ??
    missing('MISSING_SCHEMA_NAME', 'Schema must be specified when session schema is not set')
  return {
    catalog:
      catalog ??
      session.catalog ??
      missing('MISSING_CATALOG_NAME', 'Catalog must be specified when session catalog is not set'),
    schema: schemaName,
    name: table!,
  }
}

interface Collector {
  readonly resolver: MetadataResolver
  readonly parseQuery: (sql: string) => Query
  readonly evaluateVersion: (table: Table) => TableVersion
  readonly relations: Map<string, FoundRelation>
  readonly registered: Map<string, ResolvedTable>
  readonly files: Map<string, ResolvedTable | undefined>
  readonly views: Map<string, ParsedView>
  readonly security: Map<string, ParsedSecurity>
  readonly functions: Map<TableFunctionInvocation, ResolvedTableFunction>
  readonly analyzedFunctions: Map<TableFunctionInvocation, AnalyzedTableFunction>
  readonly routines: NamedRoutine[]
  readonly knownRoutines: Set<string>
  /** Relations with those they were looked up for. */
  readonly visited: Set<string>
}

/** Who reads names, and what is missing of them. */
interface Reader extends Pick<PlannerSession, 'user' | 'catalog' | 'schema'> {
  readonly accessor: Accessor
}

/**
 * Looks up every table, view and table function that a statement names, and those its views name in turn.
 * Names that are missing are noted, not refused: the analyzer says so at their place, in its own order.
 */
export async function collectMetadata(
  statement: Statement,
  resolver: MetadataResolver,
  session: PlannerSession,
  accessor: Accessor,
  parseQuery: (sql: string) => Query,
  evaluateVersion: (table: Table) => TableVersion,
): Promise<CollectedMetadata> {
  const collector: Collector = {
    resolver,
    parseQuery,
    evaluateVersion,
    relations: new Map(),
    registered: new Map(),
    files: new Map(),
    views: new Map(),
    security: new Map(),
    functions: new Map(),
    analyzedFunctions: new Map(),
    routines: [],
    knownRoutines: new Set(),
    visited: new Set(),
  }
  await collectFrom(statement, { ...session, accessor }, collector)
  const rowChange = await findRowChange(statement, session, collector)
  return rowChange === undefined ? collector : { ...collector, rowChange }
}

/** The table that a statement changes rows of; undefined for other statements. */
export function changedTable(statement: Statement): Table | undefined {
  switch (statement.kind) {
    case 'delete':
    case 'update':
      return statement.table
    case 'merge': {
      const { target } = statement
      const table = target.kind === 'aliasedRelation' ? target.relation : target
      return table.kind === 'table' ? table : undefined
    }
    default:
      return undefined
  }
}

async function findRowChange(
  statement: Statement,
  session: Pick<PlannerSession, 'catalog' | 'schema'>,
  { relations, resolver }: Collector,
): Promise<ResolvedRowChange | undefined> {
  const table = changedTable(statement)
  if (table === undefined || resolver.getRowChange === undefined) return undefined
  const found = relations.get(nameKey(qualify(table.name, session, table)))
  return found?.relation?.kind === 'table' ? resolver.getRowChange(found.relation) : undefined
}

async function collectFrom(root: object, reader: Reader, collector: Collector): Promise<void> {
  const { tables, functions, calls } = namesIn(root)
  await Promise.all(tables.map((table) => lookUpTable(table, reader, collector)))
  await Promise.all(functions.map((call) => lookUpFunction(call, reader, collector)))
  await Promise.all(calls.map((name) => lookUpRoutines(name, reader, collector)))
}

async function lookUpTable(table: NamedTable, reader: Reader, collector: Collector): Promise<void> {
  const { resolver } = collector
  if (table.path !== undefined) {
    if (collector.files.has(table.path)) return
    collector.files.set(table.path, await resolver.getFileTable?.(table.path))
    return
  }
  const parts = table.name.parts
  if (parts.length === 1 && resolver.getRegistered !== undefined) {
    const name = parts[0]!.value.toLowerCase()
    const found = collector.registered.get(name) ?? (await resolver.getRegistered(name))
    if (found !== undefined) {
      collector.registered.set(name, found)
      return
    }
  }
  let name: QualifiedObjectName
  try {
    name = qualify(table.name, reader, table.name)
  } catch (error) {
    if (error instanceof MillraceError) return
    throw error
  }
  const key = nameKey(name, table.queryPeriod)
  const visit = visitKey(key, reader.accessor)
  if (collector.visited.has(visit)) return
  collector.visited.add(visit)
  const version =
    table.queryPeriod === undefined ? undefined : collector.evaluateVersion(table as Table)
  const found = collector.relations.get(key) ?? (await findRelation(name, version, resolver))
  collector.relations.set(key, found)
  const { relation } = found
  if (relation === undefined) return
  await collectSecurity(relation, reader, collector)
  if (relation.kind !== 'view') return
  const query = collector.views.get(key)?.query ?? collector.parseQuery(relation.sql)
  collector.views.set(key, { query })
  await collectFrom(query, viewReader(relation, reader), collector)
}

const visitKey = (key: string, { owner, passesOn }: Accessor): string =>
  JSON.stringify([key, owner ?? null, passesOn === true])

/** Names in a view's text are those of its own catalog and schema. */
const viewReader = (
  { catalog, schema, owner }: ResolvedView,
  { user, accessor }: Reader,
): Reader => ({
  user,
  accessor: accessorOfView(owner, user, accessor),
  ...(catalog === undefined ? {} : { catalog }),
  ...(schema === undefined ? {} : { schema }),
})

/** A view is read as its owner, unless that is who asks anyway. @param user who runs the statement */
export const accessorOfView = (
  owner: string | undefined,
  user: string,
  accessor: Accessor,
): Accessor =>
  owner === undefined || owner === (accessor.owner ?? user) ? accessor : { owner, passesOn: true }

/** A row filter or column mask is read as it says. */
export const accessorOfExpression = ({ identity }: ViewExpression, accessor: Accessor): Accessor =>
  identity === undefined ? accessor : { ...accessor, owner: identity }

async function collectSecurity(
  relation: ResolvedRelation,
  reader: Reader,
  collector: Collector,
): Promise<void> {
  const { name, columns } = relation
  const { accessor, user } = reader
  const found = await collector.resolver.getTableSecurity?.(name, columns, accessor)
  if (found === undefined) return
  const parsed = parseSecurity(found)
  collector.security.set(visitKey(nameKey(name), accessor), parsed)
  for (const { written, node } of [...parsed.rowFilters, ...parsed.columnMasks.values()]) {
    const { catalog, schema } = written
    const names = {
      ...(catalog === undefined ? {} : { catalog }),
      ...(schema === undefined ? {} : { schema }),
    }
    if (node instanceof MillraceError) continue
    const inner = accessorOfExpression(written, accessor)
    await collectFrom(node, { ...names, user, accessor: inner }, collector)
  }
}

/** What somebody sees of a table; undefined: all of it. */
export const securityOf = (
  { security }: CollectedMetadata,
  name: QualifiedObjectName,
  accessor: Accessor,
): ParsedSecurity | undefined =>
  security.size === 0 ? undefined : security.get(visitKey(nameKey(name), accessor))

const parseSecurity = ({ rowFilters, columnMasks }: TableSecurity): ParsedSecurity => ({
  rowFilters: rowFilters.map(parseViewExpression),
  columnMasks: new Map(
    Object.entries(columnMasks).map(([column, mask]) => [column, parseViewExpression(mask)]),
  ),
})

/** What is wrong is said where the table is named. */
function parseViewExpression(written: ViewExpression): ParsedExpression {
  try {
    return { written, node: parseExpression(written.expression) }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return { written, node: error }
  }
}

async function findRelation(
  name: QualifiedObjectName,
  version: TableVersion | undefined,
  resolver: MetadataResolver,
): Promise<FoundRelation> {
  if (!(await resolver.catalogExists(name.catalog))) {
    return { name, catalogExists: false, schemaExists: false, relation: undefined }
  }
  const relation = await resolver.getRelation(name, version)
  const schemaExists =
    relation !== undefined || (await resolver.schemaExists(name.catalog, name.schema))
  return { name, catalogExists: true, schemaExists, relation }
}

async function lookUpFunction(
  call: TableFunctionInvocation,
  { accessor }: Reader,
  { resolver, functions }: Collector,
): Promise<void> {
  const parts = call.name.parts.map((part) => part.value.toLowerCase())
  const [catalog, schema, name] = parts
  if (parts.length !== 3) return
  const full = { catalog: catalog!, schema: schema!, name: name! }
  const found = await located(call, async () => resolver.getTableFunction?.(full, accessor))
  if (found !== undefined) functions.set(call, found)
  else if (!(await resolver.catalogExists(full.catalog))) {
    throw semanticError('CATALOG_NOT_FOUND', call, `Catalog '${full.catalog}' not found`)
  }
}

/** What is refused is refused at the place of a node. */
async function located<T>({ location }: NodeBase, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof MillraceError) || cause.code !== 'PERMISSION_DENIED') throw cause
    throw new MillraceError(cause.code, cause.message, { location, cause })
  }
}

/** SQL functions of a full name, and those that they call in turn. */
async function lookUpRoutines(
  name: QualifiedName,
  reader: Reader,
  collector: Collector,
): Promise<void> {
  const { resolver, routines, knownRoutines } = collector
  const parts = name.parts.map((part) => part.value.toLowerCase())
  const fullName = parts.join('.')
  const visit = visitKey(fullName, reader.accessor)
  if (resolver.getLanguageFunctions === undefined || knownRoutines.has(visit)) return
  const isKnown = routines.some((routine) => routine.fullName === fullName)
  knownRoutines.add(visit)
  const [catalog, schema, last] = parts as [string, string, string]
  const full = { catalog, schema, name: last }
  const found = await located(name, () => resolver.getLanguageFunctions!(full, reader.accessor))
  for (const sql of found) {
    const statement = parseStatement(sql)
    if (statement.kind !== 'createFunction') {
      throw new MillraceError('INVALID_FUNCTION_DEFINITION', `Not a function: ${sql}`)
    }
    const { specification } = statement
    if (!isKnown) routines.push({ name: fullName, fullName, specification })
    await collectFrom(specification, reader, collector)
  }
}

interface NamedTable {
  readonly name: QualifiedName
  readonly path?: string
  readonly queryPeriod?: Table['queryPeriod']
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
const isTable = (value: object): value is Table => 'kind' in value && value.kind === 'table'
const isQueryWith = (value: object): value is Query =>
  'kind' in value && value.kind === 'query' && 'with' in value && value.with !== undefined

const isTableFunction = (value: object): value is TableFunctionInvocation =>
  'kind' in value && value.kind === 'tableFunctionInvocation'

/**
 * Every table name of a syntax tree. A bare name of a WITH query around it may still be looked up, in vain: which of them
 * hides a table is the analyzer's to say.
 */
function namesIn(root: object): {
  readonly tables: readonly NamedTable[]
  readonly functions: readonly TableFunctionInvocation[]
  /** Calls by a full name. */
  readonly calls: readonly QualifiedName[]
} {
  const tables: NamedTable[] = []
  const functions: TableFunctionInvocation[] = []
  const calls: QualifiedName[] = []
  const visit = (value: unknown, hidden: ReadonlySet<string>): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, hidden)
      return
    }
    if (!isObject(value)) return
    if (isTable(value)) {
      const table = value
      const [first] = table.name.parts
      const isWithName =
        table.path === undefined &&
        table.name.parts.length === 1 &&
        hidden.has(first!.value.toLowerCase())
      if (!isWithName) tables.push(table)
      if (table.queryPeriod !== undefined) visit(table.queryPeriod.end, hidden)
      return
    }
    if (value['kind'] === 'createTableAsSelect')
      tables.push({ name: value['name'] as QualifiedName })
    if (isTableFunction(value)) functions.push(value)
    if (value['kind'] === 'functionCall') {
      const name = value['name'] as QualifiedName
      if (name.parts.length === 3) calls.push(name)
    }
    if (isQueryWith(value)) {
      visitQueryWith(value, hidden, visit)
      return
    }
    for (const key in value) if (key !== 'location' && key !== 'span') visit(value[key], hidden)
  }
  visit(root, new Set())
  return { tables, functions, calls }
}

/** A WITH name hides tables in the queries after it, and in its own when recursive. */
function visitQueryWith(
  query: Query,
  hidden: ReadonlySet<string>,
  visit: (value: unknown, hidden: ReadonlySet<string>) => void,
): void {
  const names = new Set(hidden)
  for (const withQuery of query.with!.queries) {
    const name = withQuery.name.value.toLowerCase()
    if (query.with!.recursive) names.add(name)
    visit(withQuery.query, new Set(names))
    names.add(name)
  }
  const { with: _, ...rest } = query
  visit(Object.values(rest), names)
}
