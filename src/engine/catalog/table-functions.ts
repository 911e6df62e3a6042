import type {
  AnalyzedTableFunction,
  QualifiedObjectName,
  ResolvedTable,
  ResolvedTableFunction,
  TableFunctionArgumentValues,
} from '../../planner/metadata.js'
import {
  type ConnectorTableFunction,
  MillraceError,
  type TableFunctionAnalysis,
  type TableFunctionApplicationResult,
} from '../../spi/index.js'
import type { QueryContext } from '../session/query-context.js'

/** A connector's table function by its full name, in lower case. */
export function resolveTableFunction(
  context: QueryContext,
  name: QualifiedObjectName,
): ResolvedTableFunction | undefined {
  const found = context.catalogs
    .find(name.catalog)
    ?.connector.getTableFunctions?.()
    .find((f) => f.schema.toLowerCase() === name.schema && f.name.toLowerCase() === name.name)
  if (found === undefined) return undefined
  return {
    name,
    args: found.args,
    returnType: found.returnType,
    analyze: (args) => analyzeCall(context, name, found, args),
  }
}

async function analyzeCall(
  context: QueryContext,
  name: QualifiedObjectName,
  found: ConnectorTableFunction,
  args: TableFunctionArgumentValues,
): Promise<AnalyzedTableFunction> {
  const { catalog, schema } = name
  const { connector, handle: transaction } = await context.transaction.join(catalog)
  const session = context.connectorSession(catalog)
  const analysis = await found.analyze(session, transaction, args, context.signal)
  const hasTables = found.args.some((argument) => argument.kind === 'table')
  if (!hasTables) {
    const metadata = await context.metadata(catalog)
    const applied = await metadata.applyTableFunction?.(session, analysis.handle)
    if (applied !== undefined) {
      return { kind: 'table', table: functionTable(name, found, analysis, applied, transaction) }
    }
  }
  const provider = connector
    .getFunctionProvider?.()
    .getTableFunctionProcessorProvider(analysis.handle)
  const processor = hasTables ? provider?.getDataProcessor : provider?.getSplitProcessor
  if (processor === undefined) {
    throw new MillraceError(
      'FUNCTION_IMPLEMENTATION_MISSING',
      `Connector has no ${hasTables ? 'data' : 'split'} processor for its table function: ${catalog}.${schema}.${name.name}`,
    )
  }
  return {
    kind: 'function',
    function: {
      catalog,
      schema,
      name: name.name,
      handle: analysis.handle,
      ...(transaction === null ? {} : { transaction }),
    },
    returnedType: analysis.returnedType,
    requiredColumns: analysis.requiredColumns ?? {},
  }
}

/** The table that a connector puts in the place of a call. */
function functionTable(
  name: QualifiedObjectName,
  { returnType }: ConnectorTableFunction,
  { returnedType }: TableFunctionAnalysis,
  { handle, columns }: TableFunctionApplicationResult,
  transaction: unknown,
): ResolvedTable {
  const fields = returnType.kind === 'described' ? returnType.fields : (returnedType ?? [])
  if (fields.length !== columns.length) {
    throw new MillraceError(
      'FUNCTION_IMPLEMENTATION_ERROR',
      `Table function gave ${columns.length} columns for ${fields.length} of its type: ${name.catalog}.${name.schema}.${name.name}`,
    )
  }
  return {
    kind: 'table',
    name,
    table: {
      catalog: name.catalog,
      schema: name.schema,
      table: name.name,
      handle,
      ...(transaction === null ? {} : { transaction }),
    },
    columns: fields.map((field, i) => ({
      name: field.name ?? `_col${i}`,
      type: field.type,
      handle: columns[i],
    })),
  }
}
