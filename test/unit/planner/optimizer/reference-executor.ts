import type { Accumulator } from '../../../../src/expressions/function-definition.js'
import { compileRow } from '../../../../src/expressions/interpreter.js'
import type { Expression } from '../../../../src/expressions/ir.js'
import { DEFAULT_SESSION } from '../../../../src/expressions/session-context.js'
import { hashKeyOf, orderOf } from '../../../../src/expressions/value/comparison.js'
import type {
  AggregateCall,
  AggregationNode,
  ApplyNode,
  JoinNode,
  PlanNode,
  SemiJoinNode,
  SetOperationNode,
  SortItem,
  UnnestNode,
  WindowNode,
} from '../../../../src/planner/plan/node.js'
import { outputsOf } from '../../../../src/planner/plan/structure.js'
import type { PlanSymbol } from '../../../../src/planner/plan/symbol.js'
import type { MapValue, SqlType, Value } from '../../../../src/spi/index.js'
import { MillraceError } from '../../../../src/spi/index.js'
import { registry } from './planning.js'

/*
 * Runs a plan row by row as its nodes' documentation reads: nested loops, subqueries anew for every row. What the optimizer
 * makes of a plan must give the same rows.
 */
type Row = ReadonlyMap<string, Value>

/** Raised for what this executor doesn't know; such a plan is not compared. */
export class NotExecutable extends Error {}

const compiled = new WeakMap<Expression, ReturnType<typeof compileRow>>()

function evaluate(e: Expression, row: Row): Value {
  let run = compiled.get(e)
  if (run === undefined) {
    run = compileRow(e, { registry })
    compiled.set(e, run)
  }
  return run({
    channel: () => {
      throw new Error('a plan has no channels')
    },
    symbol: (name) => {
      const value = row.get(name)
      if (value === undefined) throw new Error(`no symbol ${name}`)
      return value
    },
  })
}

const read = (row: Row, symbol: PlanSymbol): Value => {
  const value = row.get(symbol.name)
  if (value === undefined) throw new Error(`no symbol ${symbol.name}`)
  return value
}

const extended = (row: Row, entries: Iterable<readonly [string, Value]>): Row =>
  new Map([...row, ...entries])

function only(row: Row, symbols: readonly PlanSymbol[]): Row {
  return new Map(symbols.map((s) => [s.name, read(row, s)]))
}

const keyOf = (row: Row, symbols: readonly PlanSymbol[]): string =>
  symbols.map((s) => `${typeof row.get(s.name)}:${hashKeyOf(s.type)(read(row, s))}`).join('|')

function compareBy(items: readonly SortItem[]): (a: Row, b: Row) => number {
  return (a, b) => {
    for (const { symbol, ascending, nullsFirst } of items) {
      const x = read(a, symbol)
      const y = read(b, symbol)
      if (x === null && y === null) continue
      if (x === null) return nullsFirst ? -1 : 1
      if (y === null) return nullsFirst ? 1 : -1
      const order = orderOf(symbol.type)(x, y)
      if (order !== 0) return ascending ? order : -order
    }
    return 0
  }
}

/** The rows of a plan's outputs, in order. */
export function execute(plan: PlanNode): Value[][] {
  const rows = run(plan, new Map())
  return rows.map((row) => outputsOf(plan).map((s) => read(row, s)))
}

function run(node: PlanNode, outer: Row): Row[] {
  switch (node.kind) {
    case 'values':
      return node.rows.map(
        (row) =>
          new Map(node.outputs.map((s, i) => [s.name, evaluate(row[i] as Expression, outer)])),
      )
    case 'output':
      return run(node.source, outer)
    case 'filter':
      return run(node.source, outer).filter(
        (row) => evaluate(node.predicate, extended(outer, row)) === true,
      )
    case 'project':
      return run(node.source, outer).map((row) => {
        const scope = extended(outer, row)
        return new Map(node.assignments.map((a) => [a.symbol.name, evaluate(a.expression, scope)]))
      })
    case 'aggregation':
      return aggregate(node, run(node.source, outer))
    case 'join':
      return join(node, run(node.left, outer), run(node.right, outer), outer)
    case 'semiJoin':
      return semiJoin(node, run(node.source, outer), run(node.filteringSource, outer), outer)
    case 'sort':
      return run(node.source, outer).sort(compareBy(node.orderBy))
    case 'topN':
      return run(node.source, outer).sort(compareBy(node.orderBy)).slice(0, node.count)
    case 'limit': {
      const rows = run(node.source, outer)
      if (node.tiesOrderBy === undefined) return rows.slice(0, node.count)
      const last = rows[node.count - 1]
      const same = compareBy(node.tiesOrderBy)
      return rows.filter(
        (row, i) => i < node.count || (last !== undefined && same(row, last) === 0),
      )
    }
    case 'offset':
      return run(node.source, outer).slice(node.count)
    case 'setOperation':
      return setOperation(node, outer)
    case 'enforceSingleRow': {
      const rows = run(node.source, outer)
      if (rows.length > 1) {
        throw new MillraceError(
          'SUBQUERY_MULTIPLE_ROWS',
          'Scalar sub-query has returned multiple rows',
        )
      }
      if (rows.length === 1) return rows
      return [new Map(outputsOf(node).map((s) => [s.name, null]))]
    }
    case 'assignUniqueId':
      return run(node.source, outer).map((row, i) => extended(row, [[node.symbol.name, BigInt(i)]]))
    case 'markDistinct': {
      const seen = new Set<string>()
      return run(node.source, outer).map((row) => {
        const key = keyOf(row, node.distinctSymbols)
        const first = !seen.has(key)
        seen.add(key)
        return extended(row, [[node.marker.name, first]])
      })
    }
    case 'groupId':
      return run(node.source, outer).flatMap((row) =>
        node.groupingSets.map((set, i) => {
          const names = new Set(set.map((s) => s.name))
          return new Map<string, Value>([
            ...node.groupingColumns.map(({ output, input }): [string, Value] => [
              output.name,
              names.has(output.name) ? read(row, input) : null,
            ]),
            ...node.aggregationArguments.map((s): [string, Value] => [s.name, read(row, s)]),
            [node.groupIdSymbol.name, BigInt(i)],
          ])
        }),
      )
    case 'window':
      return windowRows(node, run(node.source, outer))
    case 'rowNumber':
      return partitions(run(node.source, outer), node.partitionBy).flatMap((rows) =>
        rows
          .slice(0, node.maxRowsPerPartition)
          .map((row, i) => extended(row, [[node.symbol.name, BigInt(i + 1)]])),
      )
    case 'topNRanking': {
      const compare = compareBy(node.orderBy)
      return partitions(run(node.source, outer), node.partitionBy).flatMap((rows) => {
        const sorted = rows.sort(compare)
        let peers = 0
        let groups = 0
        return sorted.flatMap((row, i) => {
          const before = sorted[i - 1]
          if (before === undefined || compare(before, row) !== 0) {
            peers = i
            groups++
          }
          const ranks = { row_number: i + 1, rank: peers + 1, dense_rank: groups }
          const rank = ranks[node.ranking]
          return rank > node.maxRanking ? [] : [extended(row, [[node.symbol.name, BigInt(rank)]])]
        })
      })
    }
    case 'unnest':
      return run(node.source, outer).flatMap((row) => unnest(node, row, outer))
    case 'apply':
      return run(node.input, outer).map((row) => applyRow(node, row, outer))
    case 'correlatedJoin':
      return run(node.input, outer).flatMap((row) => {
        const scope = extended(outer, row)
        const matches = run(node.subquery, scope)
          .map((inner) => extended(row, inner))
          .filter((both) => evaluate(node.filter, extended(outer, both)) === true)
        if (matches.length > 0 || node.type === 'inner') return matches
        return [
          extended(
            row,
            outputsOf(node.subquery).map((s) => [s.name, null] as const),
          ),
        ]
      })
    default:
      throw new NotExecutable(node.kind)
  }
}

function partitions(rows: readonly Row[], keys: readonly PlanSymbol[]): Row[][] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = keyOf(row, keys)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return [...groups.values()]
}

function accumulate(call: AggregateCall, rows: readonly Row[]): Value {
  const registered = registry.find(call.function.id)
  if (registered.kind !== 'aggregate') throw new NotExecutable(call.function.name)
  if (call.args.some((arg) => arg.kind === 'lambda')) throw new NotExecutable('lambda')
  const accumulator = registered.overload.bind({
    argumentTypes: call.function.argumentTypes,
    returnType: call.function.returnType,
    intermediateType: registry.intermediateType(call.function),
    session: DEFAULT_SESSION,
    lambdas: call.args.map(() => undefined),
  }) as Accumulator<unknown>
  let state = accumulator.create()
  const seen = new Set<string>()
  const ordered = call.orderBy === undefined ? rows : [...rows].sort(compareBy(call.orderBy))
  for (const row of ordered) {
    if (call.filter !== undefined && read(row, call.filter) !== true) continue
    if (call.mask !== undefined && read(row, call.mask) !== true) continue
    const args = call.args.map((arg) => evaluate(arg, row))
    if (registered.overload.nulls !== 'called' && args.includes(null)) continue
    if (call.distinct) {
      const key = args.map((arg, i) => hashKeyOf((call.args[i] as Expression).type)(arg)).join('|')
      if (seen.has(key)) continue
      seen.add(key)
    }
    state = accumulator.add(state, ...args)
  }
  return accumulator.finish(state)
}

function aggregate(node: AggregationNode, rows: readonly Row[]): Row[] {
  const groups = partitions(rows, node.groupingKeys)
  const result = groups.map((group) =>
    extended(only(group[0] as Row, node.groupingKeys), [
      ...node.aggregations.map((a) => [a.symbol.name, accumulate(a.call, group)] as const),
    ]),
  )
  if (rows.length > 0) return result
  return node.globalGroupingSets.map(
    (set) =>
      new Map<string, Value>([
        ...node.groupingKeys.map((key): [string, Value] => [
          key.name,
          key.name === node.groupIdSymbol?.name ? BigInt(set) : null,
        ]),
        ...node.aggregations.map((a): [string, Value] => [a.symbol.name, accumulate(a.call, [])]),
      ]),
  )
}

const equalTo = (symbol: PlanSymbol, a: Value, b: Value): boolean =>
  a !== null &&
  b !== null &&
  !Number.isNaN(a) &&
  hashKeyOf(symbol.type)(a) === hashKeyOf(symbol.type)(b)

function matches(node: JoinNode | SemiJoinNode, left: Row, right: Row, outer: Row): boolean {
  for (const c of node.criteria) {
    if (!equalTo(c.left, read(left, c.left), read(right, c.right))) return false
  }
  if (node.filter === undefined) return true
  return evaluate(node.filter, new Map([...outer, ...left, ...right])) === true
}

function join(node: JoinNode, left: Row[], right: Row[], outer: Row): Row[] {
  const result: Row[] = []
  const matchedRight = new Set<Row>()
  const nulls = (symbols: readonly PlanSymbol[]): Row => new Map(symbols.map((s) => [s.name, null]))
  for (const l of left) {
    const found = right.filter((r) => matches(node, l, r, outer))
    for (const r of found) {
      matchedRight.add(r)
      result.push(extended(only(l, node.leftOutputs), only(r, node.rightOutputs)))
    }
    if (found.length === 0 && (node.type === 'left' || node.type === 'full')) {
      result.push(extended(only(l, node.leftOutputs), nulls(node.rightOutputs)))
    }
  }
  if (node.type === 'right' || node.type === 'full') {
    for (const r of right) {
      if (!matchedRight.has(r))
        result.push(extended(nulls(node.leftOutputs), only(r, node.rightOutputs)))
    }
  }
  return result
}

function semiJoin(node: SemiJoinNode, source: Row[], filtering: Row[], outer: Row): Row[] {
  const mark = (row: Row): boolean | null => {
    if (filtering.some((f) => matches(node, row, f, outer))) return true
    if (!node.nullAware || filtering.length === 0) return false
    const [c] = node.criteria
    if (c === undefined) throw new Error('a null-aware semi-join has a criterion')
    if (read(row, c.left) === null) return null
    return filtering.some((f) => read(f, c.right) === null) ? null : false
  }
  switch (node.mode) {
    case 'mark':
      return source.map((row) => extended(row, [[(node.output as PlanSymbol).name, mark(row)]]))
    case 'semi':
      return source.filter((row) => mark(row) === true)
    case 'anti':
      return source.filter((row) => mark(row) === false)
  }
}

function setOperation(node: SetOperationNode, outer: Row): Row[] {
  const sources = node.sources.map((source, s) =>
    run(source, outer).map(
      (row): Row =>
        new Map(node.outputs.map((o, i) => [o.name, read(row, node.inputs[s]?.[i] as PlanSymbol)])),
    ),
  )
  const distinct = (rows: Row[]) => partitions(rows, node.outputs).map((group) => group[0] as Row)
  if (node.operation === 'union') return node.distinct ? distinct(sources.flat()) : sources.flat()
  const [first = [], ...others] = sources
  const combined = others.reduce((rows, other) => {
    const counts = new Map<string, number>()
    for (const row of other) {
      const key = keyOf(row, node.outputs)
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    return rows.filter((row) => {
      const key = keyOf(row, node.outputs)
      const count = counts.get(key) ?? 0
      if (node.distinct) return (node.operation === 'intersect') === count > 0
      if (count > 0) counts.set(key, count - 1)
      return (node.operation === 'intersect') === count > 0
    })
  }, first)
  return node.distinct ? distinct(combined) : combined
}

function unnest(node: UnnestNode, row: Row, outer: Row): Row[] {
  const scope = extended(outer, row)
  const columns = node.mappings.map(({ input, outputs }) =>
    elements(input.type, read(scope, input), outputs.length),
  )
  const count = Math.max(0, ...columns.map((c) => c.length))
  const rows: Row[] = []
  const rowCount = count === 0 && node.type === 'left' ? 1 : count
  for (let i = 0; i < rowCount; i++) {
    const entries: [string, Value][] = node.replicated.map((s) => [s.name, read(scope, s)])
    node.mappings.forEach(({ outputs }, m) => {
      outputs.forEach((o, place) => {
        entries.push([o.name, columns[m]?.[i]?.[place] ?? null])
      })
    })
    if (node.ordinality !== undefined)
      entries.push([node.ordinality.name, count === 0 ? null : BigInt(i + 1)])
    rows.push(new Map(entries))
  }
  return rows
}

function elements(type: SqlType, value: Value, width: number): (readonly Value[])[] {
  if (value === null) return []
  if (type.kind === 'map') {
    const map = value as MapValue
    return map.keys.map((key, i) => [key, map.values[i] as Value])
  }
  const isRows = type.kind === 'array' && type.element.kind === 'row'
  return (value as readonly Value[]).map((element) => {
    if (!isRows) return [element]
    return element === null ? new Array<Value>(width).fill(null) : (element as readonly Value[])
  })
}

function applyRow(node: ApplyNode, row: Row, outer: Row): Row {
  const rows = run(node.subquery, extended(outer, row))
  const scope = extended(outer, row)
  return extended(
    row,
    node.assignments.map(({ symbol, set }) => {
      if (set.kind === 'exists') return [symbol.name, rows.length > 0] as const
      const compared = rows.map((inner) =>
        evaluate(
          {
            kind: 'comparison',
            type: symbol.type,
            operator: set.kind === 'in' ? '=' : set.operator,
            left: { kind: 'symbol', ...set.value },
            right: { kind: 'symbol', ...set.reference },
          },
          extended(scope, inner),
        ),
      )
      const all = set.kind === 'quantified' && set.quantifier === 'all'
      if (compared.includes(!all)) return [symbol.name, !all] as const
      return [symbol.name, compared.includes(null) ? null : all] as const
    }),
  )
}

function windowRows(node: WindowNode, rows: Row[]): Row[] {
  return partitions(rows, node.partitionBy).flatMap((partition) => {
    const compare = compareBy(node.orderBy)
    const sorted = partition.sort(compare)
    const columns = node.functions.map((f) => {
      const { start, end, unit } = f.frame
      const registered = registry.find(f.function.id)
      const whole = end.kind === 'unbounded following' || node.orderBy.length === 0
      const plain =
        start.kind === 'unbounded preceding' &&
        (end.kind === 'current row' || end.kind === 'unbounded following')
      if (!plain || f.filter !== undefined || f.distinct === true) throw new NotExecutable('frame')
      const peersOf = (row: Row) => ({
        start: sorted.findIndex((other) => compare(other, row) === 0),
        end: sorted.findLastIndex((other) => compare(other, row) === 0) + 1,
      })
      const frameEnd = (row: Row, i: number) =>
        whole && (unit !== 'rows' || end.kind === 'unbounded following')
          ? sorted.length
          : unit === 'rows'
            ? i + 1
            : peersOf(row).end
      if (registered.kind === 'aggregate') {
        const call = { function: f.function, args: f.args, distinct: false }
        return sorted.map((row, i) => accumulate(call, sorted.slice(0, frameEnd(row, i))))
      }
      if (registered.kind !== 'window') throw new NotExecutable(f.function.name)
      const evaluator = registered.overload.bind(
        {
          argumentTypes: f.function.argumentTypes,
          returnType: f.function.returnType,
          session: DEFAULT_SESSION,
        },
        f.ignoreNulls,
      )({
        rowCount: sorted.length,
        argument: (index, position) =>
          evaluate(f.args[index] as Expression, sorted[position] as Row),
      })
      return sorted.map((row, position) =>
        evaluator({
          position,
          peerStart: peersOf(row).start,
          peerEnd: peersOf(row).end,
          frameStart: 0,
          frameEnd: frameEnd(row, position),
        }),
      )
    })
    return sorted.map((row, i) =>
      extended(
        row,
        node.functions.map((f, n) => [f.symbol.name, columns[n]?.[i] as Value] as const),
      ),
    )
  })
}
