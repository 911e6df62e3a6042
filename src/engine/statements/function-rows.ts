import type { LanguageFunction, SchemaFunctionName } from '../../spi/index.js'
import type { StatementContext } from './statement.js'
import type { StaticRow } from './static-rows.js'

async function visibleFunctions(
  catalog: string,
  functions: readonly (readonly [SchemaFunctionName, LanguageFunction])[],
  { access }: StatementContext,
): Promise<typeof functions> {
  if (access === undefined) return functions
  const names = functions.map(([name]) => name)
  const visible = new Set(
    (await access.filterFunctions(catalog, names)).map((name) => name.function),
  )
  return functions.filter(([name]) => visible.has(name.function))
}

/** The rows of SHOW FUNCTIONS for the SQL functions of a schema, in order of their names and signatures. */
export async function schemaFunctionRows(
  name: { readonly catalog: string; readonly schema: string },
  context: StatementContext,
): Promise<StaticRow[]> {
  if (context.catalogs.find(name.catalog) === undefined) return []
  const metadata = await context.metadata(name.catalog)
  const session = context.connectorSession(name.catalog)
  const all = (await metadata.listLanguageFunctions?.(session, name.schema)) ?? []
  const functions = await visibleFunctions(name.catalog, all, context)
  const rows: StaticRow[] = []
  for (const [{ function: functionName }, { sql }] of functions) {
    const statement = context.services.parse(sql)
    if (statement.kind !== 'createFunction') continue
    const described = await context.services.describeFunction(statement, context)
    const comment = statement.specification.routineCharacteristics.find(
      (c) => c.kind === 'commentCharacteristic',
    )
    rows.push([
      functionName,
      described.returnType,
      described.argumentTypes.join(', '),
      'scalar',
      described.deterministic,
      comment?.comment ?? '',
    ])
  }
  const key = (row: StaticRow) => `${row[0]}\0${row[1]}\0${row[2]}`
  return rows.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}
