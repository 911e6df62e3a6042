import {
  type ConnectorMetadata,
  isNoTuples,
  plainEquals,
  plainKey,
  printSchemaTableName,
  typeName,
  typesEqual,
} from '../../spi/index.js'
import { type DirectSession, directly, directTable, tableName } from '../direct-scan.js'
import { failOn, inEnvironment } from '../environment.js'
import { type ConnectorCheck, type ConnectorSubject, tablesOf } from '../subject.js'

/** What a connector says about its schemas, tables and columns is one story. */
export const metadataChecks = (subject: ConnectorSubject): readonly ConnectorCheck[] => [
  {
    name: 'metadata: listings, handles and columns agree',
    run: () =>
      inEnvironment(subject, ({ connector }) =>
        directly(connector, async (direct) => {
          failOn(await listingProblems(direct, subject))
          for (const { name } of tablesOf(subject)) {
            failOn(await tableProblems(direct, name), name)
          }
        }),
      ),
  },
  {
    name: 'metadata: what does not exist is not found',
    run: () =>
      inEnvironment(subject, async (environment) => {
        await directly(environment.connector, async ({ metadata, session }) => {
          const missing = { schema: 'kit_no_such_schema', table: 'kit_no_such_table' }
          const problems: string[] = []
          if ((await metadata.getTableHandle(session, missing)) !== undefined) {
            problems.push('getTableHandle has a handle of a table that does not exist')
          }
          if ((await metadata.listTables(session, missing.schema)).length > 0) {
            problems.push('listTables has tables of a schema that does not exist')
          }
          for await (const { table } of metadata.streamTableColumns(session, missing)) {
            problems.push(`streamTableColumns has ${printSchemaTableName(table)}`)
          }
          failOn(problems)
        })
        const error = await environment.failure(
          'SELECT * FROM kit_no_such_schema.kit_no_such_table',
        )
        if (error?.code !== 'SCHEMA_NOT_FOUND' && error?.code !== 'TABLE_NOT_FOUND') {
          failOn([`a query of it ends with ${error?.code ?? 'success'}: ${error?.message ?? ''}`])
        }
      }),
  },
  {
    name: 'metadata: information_schema and SHOW statements answer',
    run: () =>
      inEnvironment(subject, async (environment) => {
        await environment.rows('SHOW SCHEMAS FROM subject')
        for (const { name, where = 'true' } of tablesOf(subject)) {
          const { schema, table } = tableName(name)
          const listed = await environment.rows(
            `SELECT column_name FROM subject.information_schema.columns
             WHERE table_schema = '${schema}' AND table_name = '${table}' ORDER BY ordinal_position`,
          )
          const columns = await environment.columns(`SELECT * FROM subject.${name} WHERE ${where}`)
          const expected = columns.map((column) => JSON.stringify(column.name))
          if (!plainEquals(listed, expected)) {
            failOn([`${name}: information_schema.columns has ${listed}, the table ${expected}`])
          }
        }
      }),
  },
]

async function listingProblems(
  { metadata, session }: DirectSession,
  subject: ConnectorSubject,
): Promise<readonly string[]> {
  const problems: string[] = []
  const schemas = await metadata.listSchemaNames(session)
  if (new Set(schemas).size !== schemas.length) problems.push('listSchemaNames repeats a name')
  const tables = await metadata.listTables(session)
  const listed = new Set(tables.map(printSchemaTableName))
  for (const { schema, table } of tables) {
    if (!schemas.includes(schema)) problems.push(`listTables has the schema ${schema}`)
    for (const part of [schema, table]) {
      if (part !== part.toLowerCase()) problems.push(`names are lower case: ${part}`)
    }
  }
  for (const subjectTable of tablesOf(subject)) {
    const name = tableName(subjectTable.name)
    if (!listed.has(printSchemaTableName(name))) {
      problems.push(`listTables has no ${subjectTable.name}`)
    }
    const ofSchema = await metadata.listTables(session, name.schema)
    if (ofSchema.some((other) => other.schema !== name.schema)) {
      problems.push(`listTables of ${name.schema} has tables of other schemas`)
    }
  }
  return problems
}

async function tableProblems(direct: DirectSession, text: string): Promise<readonly string[]> {
  const { metadata, session } = direct
  const name = tableName(text)
  const table = await directTable(direct, name)
  const problems: string[] = []
  const again = await metadata.getTableHandle(session, name)
  if (!plainEquals(again, table.handle)) problems.push('two handles of the table differ')
  const keys = new Set(table.columns.map((column) => plainKey(column.handle)))
  if (keys.size !== table.columns.length) problems.push('two columns have the same handle')
  for (const column of table.columns) {
    const found = await metadata.getColumnMetadata(session, table.handle, column.handle)
    if (found.name !== column.name || !typesEqual(found.type, column.type)) {
      problems.push(
        `getColumnMetadata of ${column.name} ${typeName(column.type)} is ${found.name} ${typeName(found.type)}`,
      )
    }
  }
  const visible = table.columns.filter((column) => !column.hidden).map((column) => column.name)
  let streamed: readonly string[] | undefined
  for await (const entry of metadata.streamTableColumns(session, name)) {
    if (entry.table.table !== name.table)
      problems.push(`streamTableColumns has ${entry.table.table}`)
    streamed = entry.columns?.filter((column) => !column.hidden).map((column) => column.name)
  }
  if (!plainEquals(streamed, visible)) {
    problems.push(`streamTableColumns has ${streamed ?? 'no columns'}, getTableMetadata ${visible}`)
  }
  return [...problems, ...(await propertyProblems(metadata, direct, table.handle))]
}

/** Tables whose predicate no row satisfies, and versions that change while nothing does. */
async function propertyProblems(
  metadata: ConnectorMetadata,
  { session }: DirectSession,
  handle: unknown,
): Promise<readonly string[]> {
  const properties = await metadata.getTableProperties?.(session, handle)
  const problems: string[] = []
  if (properties !== undefined && isNoTuples(properties.predicate)) {
    const statistics = await metadata.getTableStatistics?.(session, handle)
    if ((statistics?.rowCount ?? 0) > 0) problems.push('getTableProperties says that it is empty')
  }
  return problems
}
