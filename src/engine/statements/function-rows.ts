import type { StatementContext } from './statement.js'
import type { StaticRow } from './static-rows.js'

/** The rows of SHOW FUNCTIONS for the SQL functions of a schema, in order of their names and signatures. */
export async function schemaFunctionRows(
  name: { readonly catalog: string; readonly schema: string },
  context: StatementContext,
): Promise<StaticRow[]> {
  if (context.catalogs.find(name.catalog) === undefined) return []
  const metadata = await context.metadata(name.catalog)
  const session = context.connectorSession(name.catalog)
  const functions = (await metadata.listLanguageFunctions?.(session, name.schema)) ?? []
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
