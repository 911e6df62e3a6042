import type { Expression } from '../../../src/expressions/ir.js'
import { valueKey } from '../../../src/expressions/ir-walk.js'
import type { PlanNode, SortItem } from '../../../src/planner/plan/node.js'
import { outputsOf, sourcesOf } from '../../../src/planner/plan/structure.js'
import type { PlanSymbol } from '../../../src/planner/plan/symbol.js'
import { typeName } from '../../../src/spi/index.js'

const names = (symbols: readonly PlanSymbol[]) => symbols.map((s) => s.name).join(', ')
const order = (items: readonly SortItem[]) =>
  items
    .map(
      (i) => `${i.symbol.name}${i.ascending ? '' : ' desc'}${i.nullsFirst ? ' nulls first' : ''}`,
    )
    .join(', ')

/** An expression as short text, for the expectations of plan tests. */
export function expressionText(e: Expression): string {
  const list = (items: readonly Expression[]) => items.map(expressionText).join(', ')
  switch (e.kind) {
    case 'constant':
      return valueKey(e.value)
    case 'symbol':
      return e.name
    case 'call':
      return `${e.function.name}(${list(e.args)})`
    case 'cast':
      return `cast(${expressionText(e.arg)} as ${typeName(e.type)})`
    case 'comparison':
      return `${expressionText(e.left)} ${e.operator} ${expressionText(e.right)}`
    case 'logical':
      return `(${e.terms.map(expressionText).join(` ${e.operator} `)})`
    case 'not':
      return `not(${expressionText(e.arg)})`
    case 'isNull':
      return `${expressionText(e.arg)} is null`
    case 'case':
      return `case ${e.whens.map((w) => `${expressionText(w.condition)}: ${expressionText(w.result)}`).join('; ')} else ${expressionText(e.otherwise)}`
    case 'coalesce':
    case 'row':
      return `${e.kind}(${list(e.args)})`
    case 'nullIf':
      return `nullif(${list([e.first, e.second])})`
    case 'in':
      return `${expressionText(e.value)} in (${list(e.list)})`
    case 'between':
      return `${expressionText(e.value)} between ${expressionText(e.min)} and ${expressionText(e.max)}`
    case 'field':
      return `${expressionText(e.base)}.${e.index}`
    case 'lambda':
      return `(${e.parameters.map((p) => p.name).join(', ')}) -> ${expressionText(e.body)}`
    case 'input':
      return `#${e.channel}`
  }
}

function details(node: PlanNode): string {
  switch (node.kind) {
    case 'tableScan':
      return node.table.table
    case 'values':
      return `${node.rows.length} rows`
    case 'filter':
      return expressionText(node.predicate)
    case 'project':
      return node.assignments
        .filter((a) => a.expression.kind !== 'symbol' || a.expression.name !== a.symbol.name)
        .map((a) => `${a.symbol.name} := ${expressionText(a.expression)}`)
        .join(', ')
    case 'aggregation':
      return [
        `[${names(node.groupingKeys)}]`,
        ...node.aggregations.map(
          ({ symbol, call }) =>
            `${symbol.name} := ${call.function.name}(${call.distinct ? 'distinct ' : ''}${call.args.map(expressionText).join(', ')})${call.filter === undefined ? '' : ` filter ${call.filter.name}`}${call.orderBy === undefined ? '' : ` order ${order(call.orderBy)}`}`,
        ),
        ...(node.globalGroupingSets.length > 0 && node.groupingKeys.length > 0
          ? [`global ${node.globalGroupingSets.join(',')}`]
          : []),
      ].join(' ')
    case 'join':
      return [
        node.type,
        node.criteria.map((c) => `${c.left.name} = ${c.right.name}`).join(', '),
        node.filter === undefined ? '' : `filter ${expressionText(node.filter)}`,
      ]
        .filter((t) => t !== '')
        .join(' ')
    case 'correlatedJoin':
      return `${node.type} [${names(node.correlation)}] on ${expressionText(node.filter)}`
    case 'apply':
      return `[${names(node.correlation)}] ${node.assignments
        .map(({ symbol, set }) =>
          set.kind === 'exists'
            ? `${symbol.name} := exists`
            : set.kind === 'in'
              ? `${symbol.name} := ${set.value.name} in ${set.reference.name}`
              : `${symbol.name} := ${set.value.name} ${set.operator} ${set.quantifier} ${set.reference.name}`,
        )
        .join(', ')}`
    case 'sort':
      return order(node.orderBy)
    case 'limit':
      return `${node.count}${node.tiesOrderBy === undefined ? '' : ` with ties ${order(node.tiesOrderBy)}`}`
    case 'offset':
      return String(node.count)
    case 'setOperation':
      return `${node.operation}${node.distinct ? ' distinct' : ''} ${names(node.outputs)}`
    case 'groupId':
      return node.groupingSets.map((set) => `(${names(set)})`).join(' ')
    case 'window':
      return `partition [${names(node.partitionBy)}] order [${order(node.orderBy)}] ${node.functions
        .map(
          (f) =>
            `${f.symbol.name} := ${f.function.name}(${f.args.map(expressionText).join(', ')}) ${f.frame.unit} ${f.frame.start.kind}${f.frame.start.value === undefined ? '' : ` ${f.frame.start.value.name}`} to ${f.frame.end.kind}${f.frame.end.value === undefined ? '' : ` ${f.frame.end.value.name}`}`,
        )
        .join(', ')}`
    case 'unnest':
      return `${node.type} [${names(node.replicated)}] ${node.mappings.map((m) => `${m.input.name} -> ${names(m.outputs)}`).join(', ')}${node.ordinality === undefined ? '' : ` ordinality ${node.ordinality.name}`}`
    case 'asyncCall':
      return node.calls
        .map((c) => `${c.symbol.name} = ${c.function.name}(${names(c.args)})`)
        .join(', ')
    case 'sample':
      return `${node.type} ${node.ratio}`
    case 'output':
      return node.outputs.map((s, i) => `${node.columnNames[i]} = ${s.name}`).join(', ')
    default:
      return ''
  }
}

/** A plan as indented lines, one a node; projections that compute nothing are left out. */
export function planText(node: PlanNode, depth = 0): string {
  const text = details(node)
  if (node.kind === 'project' && text === '') return planText(node.source, depth)
  const line = `${'  '.repeat(depth)}${node.kind}${text === '' ? '' : ` ${text}`}`
  return [line, ...sourcesOf(node).map((source) => planText(source, depth + 1))].join('\n')
}

/**
 * Checks what every plan must hold: outputs are unique, every symbol an expression reads comes from the node's sources or from the
 * correlation around it.
 */
export function checkPlan(node: PlanNode, correlation: ReadonlySet<string> = new Set()): void {
  const outputs = outputsOf(node).map((s) => s.name)
  if (node.kind !== 'output' && new Set(outputs).size !== outputs.length) {
    throw new Error(`outputs of ${node.kind} ${node.id} repeat: ${outputs.join(', ')}`)
  }
  const sources = sourcesOf(node)
  const available = new Set([
    ...correlation,
    ...sources.flatMap((s) => outputsOf(s).map((o) => o.name)),
  ])
  for (const name of reads(node)) {
    if (!available.has(name))
      throw new Error(`${node.kind} ${node.id} reads ${name}, which is not there`)
  }
  sources.forEach((source, i) => {
    const isSubquery = (node.kind === 'apply' || node.kind === 'correlatedJoin') && i === 1
    const inner = isSubquery
      ? new Set([...correlation, ...node.correlation.map((s) => s.name)])
      : correlation
    checkPlan(source, inner)
  })
}

function reads(node: PlanNode): readonly string[] {
  const found: string[] = []
  const visit = (value: unknown, key: string, bound: ReadonlySet<string>): void => {
    if (value === null || typeof value !== 'object') return
    if (Array.isArray(value)) {
      for (const item of value) visit(item, key, bound)
      return
    }
    const record = value as Record<string, unknown>
    const isPlanNode = 'id' in record && 'kind' in record
    if (isPlanNode) return
    if (record['kind'] === 'symbol') {
      if (!bound.has(record['name'] as string)) found.push(record['name'] as string)
      return
    }
    if (record['kind'] === 'lambda') {
      const names = (record['parameters'] as { name: string }[]).map((p) => p.name)
      visit(record['body'], 'body', new Set([...bound, ...names]))
      return
    }
    const isSymbol = typeof record['name'] === 'string' && 'type' in record && !('kind' in record)
    if (isSymbol) {
      if (SYMBOL_INPUTS.has(key)) found.push(record['name'] as string)
      return
    }
    for (const [k, v] of Object.entries(record)) {
      if (SKIPPED.has(k)) continue
      visit(v, k, bound)
    }
  }
  for (const [k, v] of Object.entries(node)) {
    if (!SKIPPED.has(k) && !(node.kind === 'values' && k === 'outputs')) visit(v, k, new Set())
  }
  return found
}

/** Keys under which symbols of the sources stand, as plain symbols. */
const SYMBOL_INPUTS = new Set([
  'groupingKeys',
  'filter',
  'left',
  'right',
  'leftOutputs',
  'rightOutputs',
  'correlation',
  'partitionBy',
  'replicated',
  'input',
  'aggregationArguments',
  'value',
  'reference',
  'sortKey',
])
const SKIPPED = new Set(['source', 'sources', 'subquery', 'type', 'function', 'table', 'columns'])
