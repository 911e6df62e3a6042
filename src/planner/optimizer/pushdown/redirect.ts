import { plainEquals, transformColumns } from '../../../spi/index.js'
import type { PlanNode, TableScanNode } from '../../plan/node.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { filterOver, newSymbol, projectOver } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { toPredicate } from '../expression/domain-translator.js'
import { symbolOf } from '../expression/predicates.js'

/**
 * Scans the table that a connector names in place of its own, with the filter it asks for and casts where the types of the
 * columns differ.
 * @throws TABLE_REDIRECTION_ERROR is the resolver's; TABLE_NOT_FOUND, COLUMN_NOT_FOUND
 * @source Trino ApplyTableScanRedirection
 */
export async function redirectScan(
  scan: TableScanNode,
  context: OptimizerContext,
): Promise<PlanNode | undefined> {
  const redirect = await context.metadata.applyTableScanRedirect(scan.table)
  if (redirect === undefined) return undefined
  const { table: target } = redirect
  const same =
    target.catalog === scan.table.catalog &&
    target.schema === scan.table.schema &&
    target.table === scan.table.table
  if (same) return undefined
  const names = scan.columns.map((column) => {
    const found = redirect.columns.find((c) => plainEquals(c.column, column))
    if (found === undefined) throw new Error('internal error: a redirected column without a name')
    return found.name
  })
  const filtered = (redirect.filter.columnDomains ?? []).map((d) => d.column)
  const wanted = [...new Set([...names, ...filtered])]
  const resolved = await context.metadata.resolveTable(target, wanted)
  const symbols = new Map<string, PlanSymbol>()
  for (const [i, name] of wanted.entries()) {
    const { type } = await context.metadata.columnMetadata(resolved.table, resolved.columns[i])
    symbols.set(name, newSymbol(context, name, type))
  }
  const outputs = wanted.map((name) => symbols.get(name) as PlanSymbol)
  const over: TableScanNode = {
    kind: 'tableScan',
    id: context.ids.next(),
    table: resolved.table,
    outputs,
    columns: resolved.columns,
  }
  const domains = transformColumns(redirect.filter, (name) => symbols.get(name)).columnDomains
  const filter = (domains ?? []).map(({ column, domain }) => toPredicate(column, domain))
  return projectOver(
    context,
    filterOver(context, over, filter),
    scan.outputs.map((symbol, i) => {
      const from = symbols.get(names[i] as string) as PlanSymbol
      const same = JSON.stringify(from.type) === JSON.stringify(symbol.type)
      return {
        symbol,
        expression: same
          ? symbolOf(from)
          : { kind: 'cast', type: symbol.type, arg: symbolOf(from), safe: false },
      }
    }),
  )
}
