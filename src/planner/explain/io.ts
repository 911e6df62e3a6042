import type { Domain, TupleDomain } from '../../spi/index.js'
import { intersectTuples, TUPLE_DOMAIN_ALL, tupleDomain, typeName } from '../../spi/index.js'
import { costOf } from '../cost/cost.js'
import type { Estimator } from '../cost/estimator.js'
import { extractDomains } from '../optimizer/expression/domain-translator.js'
import { conjunctsOf } from '../optimizer/expression/predicates.js'
import type { PlanNode, TableScanNode } from '../plan/node.js'
import { sourcesOf } from '../plan/structure.js'
import { textOf } from './value-text.js'

/** What EXPLAIN (TYPE IO, FORMAT JSON) says of a plan: what it reads, how restricted, and what it writes. */
export interface IoPlan {
  readonly inputTableColumnInfos: readonly IoTable[]
  readonly outputTable?: IoTableName
  readonly estimate: IoEstimate
}
export interface IoTableName {
  readonly catalog: string
  readonly schemaTable: { readonly schema: string; readonly table: string }
}
export interface IoTable {
  readonly table: IoTableName
  readonly constraint: {
    readonly none: boolean
    readonly columnConstraints: readonly IoColumn[]
  }
  readonly estimate: IoEstimate
}
export interface IoColumn {
  readonly columnName: string
  readonly type: string
  readonly domain: {
    readonly nullsAllowed: boolean
    readonly ranges: readonly { readonly low: IoMarker; readonly high: IoMarker }[]
  }
}
export interface IoMarker {
  readonly value?: string
  readonly bound: 'ABOVE' | 'BELOW' | 'EXACTLY'
}
export interface IoEstimate {
  readonly outputRowCount: number | 'NaN'
  readonly outputSizeInBytes: number | 'NaN'
  readonly cpuCost: number | 'NaN'
  readonly maxMemory: number | 'NaN'
  readonly networkCost: number | 'NaN'
}

/**
 * Describes a plan's input and output.
 * @param columnNames names of a scan's columns, by position of its outputs
 * @source Trino IoPlanPrinter
 */
export function ioPlan(
  plan: PlanNode,
  estimator: Estimator,
  columnNames: (scan: TableScanNode) => readonly string[],
): IoPlan {
  const tables: IoTable[] = []
  const visit = (node: PlanNode): void => {
    const scan = node.kind === 'filter' ? node.source : node
    if (scan.kind === 'tableScan') {
      const names = columnNames(scan)
      const conjuncts = node.kind === 'filter' ? conjunctsOf(node.predicate) : []
      tables.push(
        ioTable(
          scan,
          domainsOf(scan, conjuncts, names),
          names,
          estimator.of(node).known ? estimateOf(node, estimator) : UNKNOWN,
        ),
      )
      return
    }
    for (const source of sourcesOf(node)) visit(source)
  }
  visit(plan)
  const target = writerOf(plan)
  return {
    inputTableColumnInfos: tables,
    ...(target === undefined ? {} : { outputTable: target }),
    estimate: estimator.of(plan).known ? estimateOf(plan, estimator) : UNKNOWN,
  }
}

const UNKNOWN: IoEstimate = {
  outputRowCount: 'NaN',
  outputSizeInBytes: 'NaN',
  cpuCost: 'NaN',
  maxMemory: 'NaN',
  networkCost: 'NaN',
}

function estimateOf(node: PlanNode, estimator: Estimator): IoEstimate {
  const cost = costOf(node, estimator)
  return {
    outputRowCount: estimator.of(node).rowCount,
    outputSizeInBytes: estimator.outputBytes(node),
    cpuCost: cost.cpu,
    maxMemory: cost.memoryBytes,
    networkCost: 0,
  }
}

function writerOf(node: PlanNode): IoTableName | undefined {
  if (node.kind === 'tableWriter' || node.kind === 'tableFinish') {
    const { catalog, name } = node.target
    const [schema = '', table = ''] = name.split('.').slice(-2)
    return { catalog, schemaTable: { schema, table } }
  }
  for (const source of sourcesOf(node)) {
    const found = writerOf(source)
    if (found !== undefined) return found
  }
  return undefined
}

function domainsOf(
  scan: TableScanNode,
  conjuncts: Parameters<typeof extractDomains>[0],
  names: readonly string[],
): TupleDomain<string> {
  const extracted = extractDomains(conjuncts)
  const fromFilter = [...extracted.bySymbol.values()].map(({ symbol, domain }) => ({
    column: names[scan.outputs.findIndex((s) => s.name === symbol.name)] ?? symbol.name,
    domain,
  }))
  const enforced = (scan.enforcedConstraint ?? TUPLE_DOMAIN_ALL) as TupleDomain<string>
  return intersectTuples(enforced, tupleDomain(fromFilter))
}

function ioTable(
  scan: TableScanNode,
  domains: TupleDomain<string>,
  names: readonly string[],
  estimate: IoEstimate,
): IoTable {
  const { catalog, schema, table } = scan.table
  const columns = (domains.columnDomains ?? []).map(
    ({ column, domain }): IoColumn => ({
      columnName: column,
      type: typeName(scan.outputs[names.indexOf(column)]?.type ?? domain.values.type),
      domain: { nullsAllowed: domain.nullAllowed, ranges: rangesOf(domain) },
    }),
  )
  return {
    table: { catalog, schemaTable: { schema, table } },
    constraint: { none: domains.columnDomains === null, columnConstraints: columns },
    estimate,
  }
}

function rangesOf({ values }: Domain): IoColumn['domain']['ranges'] {
  const text = (value: Parameters<typeof textOf>[1]) => textOf(values.type, value)
  switch (values.kind) {
    case 'ranges':
      return values.ranges.map((range) => ({
        low:
          range.low === undefined
            ? { bound: 'ABOVE' }
            : { value: text(range.low), bound: range.lowInclusive ? 'EXACTLY' : 'ABOVE' },
        high:
          range.high === undefined
            ? { bound: 'BELOW' }
            : { value: text(range.high), bound: range.highInclusive ? 'EXACTLY' : 'BELOW' },
      }))
    case 'values':
      return values.values.map((value) => ({
        low: { value: text(value), bound: 'EXACTLY' },
        high: { value: text(value), bound: 'EXACTLY' },
      }))
    case 'allOrNone':
      return []
  }
}

/** A plan's input and output as text: JSON as Jackson lays it out. */
export const ioJson = (plan: IoPlan): string => jsonText(plan, '')

function jsonText(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    return value.length === 0 ? '[ ]' : `[ ${value.map((v) => jsonText(v, indent)).join(', ')} ]`
  }
  // All numbers are doubles.
  if (typeof value === 'number') return Number.isInteger(value) ? `${value}.0` : String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inner = `${indent}  `
  const lines = Object.entries(value).map(
    ([name, member]) => `${inner}${JSON.stringify(name)} : ${jsonText(member, inner)}`,
  )
  return `{\n${lines.join(',\n')}\n${indent}}`
}
