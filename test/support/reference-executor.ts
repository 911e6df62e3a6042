import type { Accumulator } from '../../src/expressions/function-definition.js'
import { compileLambda, compileRow, type RowLookup } from '../../src/expressions/interpreter.js'
import type { Expression, ResolvedFunction } from '../../src/expressions/ir.js'
import type { FunctionRegistry } from '../../src/expressions/registry.js'
import { DEFAULT_SESSION } from '../../src/expressions/session-context.js'
import { equalityOf, hashKeyOf } from '../../src/expressions/value/comparison.js'
import type {
  AggregateCall,
  PlanNode,
  WindowFunctionCall,
  WindowNode,
} from '../../src/planner/plan/node.js'
import { outputsOf } from '../../src/planner/plan/structure.js'
import type { PlanSymbol } from '../../src/planner/plan/symbol.js'
import { type PlanVisitor, visitPlan } from '../../src/planner/plan/visit.js'
import { MillraceError, type Value } from '../../src/spi/index.js'
import { comparatorOf, frameOf, type Row } from './reference-frame.js'
import { comparisonOf, setOperation, unnested } from './reference-rows.js'

export interface ReferenceOptions {
  readonly registry: FunctionRegistry
  /** Rows of tables, by column handle. */
  readonly scan?: (table: string) => readonly (readonly Value[])[]
}

/**
 * Runs a plan row by row, correlated subqueries for each row of their input, just as the definitions of the nodes read. Slow and
 * obvious: the oracle that plans, optimized or not, are held to.
 */
export function runPlan(root: PlanNode, options: ReferenceOptions): Value[][] {
  const rows = new ReferenceExecutor(options).run(root, new Map())
  const names = outputsOf(root).map((s) => s.name)
  return rows.map((row) => names.map((name) => row.get(name) as Value))
}

const lookup = (row: Row): RowLookup => ({
  channel: () => {
    throw new Error('a plan has no channels')
  },
  symbol: (name) => {
    const value = row.get(name)
    if (value === undefined) throw new Error(`no symbol ${name}`)
    return value
  },
})

const keyOf = (symbols: readonly PlanSymbol[]): ((row: Row) => string) => {
  const hashes = symbols.map((s) => hashKeyOf(s.type))
  return (row) =>
    symbols
      .map((s, i) => {
        const key = hashes[i]!(row.get(s.name) as Value)
        return `${typeof key}:${String(key)}`
      })
      .join('\u0000')
}

const pick = (row: Row, symbols: readonly PlanSymbol[]): Map<string, Value> =>
  new Map(symbols.map((s) => [s.name, row.get(s.name) as Value]))

const nulls = (symbols: readonly PlanSymbol[]): Map<string, Value> =>
  new Map(symbols.map((s) => [s.name, null]))

class ReferenceExecutor {
  readonly #options: ReferenceOptions

  constructor(options: ReferenceOptions) {
    this.#options = options
  }

  /** The rows of a node; each has the node's outputs, and what it was correlated with. */
  run(node: PlanNode, outer: Row): Row[] {
    const rows = (source: PlanNode) => this.run(source, outer)
    const unsupported = (n: PlanNode): never => {
      throw new Error(`the reference executor has no ${n.kind}`)
    }
    const visitor: PlanVisitor<Row[]> = {
      tableScan: (n) =>
        (this.#options.scan?.(n.table.table) ?? unsupported(n)).map(
          (values) =>
            new Map([...outer, ...n.outputs.map((s, i) => [s.name, values[i]!] as const)]),
        ),
      values: (n) =>
        n.rows.map(
          (row) =>
            new Map([
              ...outer,
              ...n.outputs.map((s, i) => [s.name, this.#value(row[i]!, outer)] as const),
            ]),
        ),
      filter: (n) => {
        const evaluate = this.#compile(n.predicate)
        return rows(n.source).filter((row) => evaluate(row) === true)
      },
      project: (n) => {
        const columns = n.assignments.map(
          (a) => [a.symbol.name, this.#compile(a.expression)] as const,
        )
        return rows(n.source).map(
          (row) => new Map([...outer, ...columns.map(([name, e]) => [name, e(row)] as const)]),
        )
      },
      aggregation: (n) => this.#aggregate(n, rows(n.source), outer),
      join: (n) => this.#join(n, rows(n.left), rows(n.right), outer),
      semiJoin: (n) => {
        const filtering = rows(n.filteringSource)
        const filter = n.filter === undefined ? undefined : this.#compile(n.filter)
        const equalities = n.criteria.map((c) => ({ ...c, equal: equalityOf(c.left.type) }))
        const mark = (row: Row): Value => {
          let answer: Value = false
          for (const other of filtering) {
            if (filter !== undefined && filter(new Map([...row, ...other])) !== true) continue
            const compared = equalities.map((c) => {
              const a = row.get(c.left.name) as Value
              const b = other.get(c.right.name) as Value
              return a === null || b === null ? null : c.equal(a, b)
            })
            if (compared.every((x) => x === true)) return true
            if (n.nullAware && !compared.includes(false)) answer = null
          }
          return answer
        }
        const marked = rows(n.source).map((row) => ({ row, answer: mark(row) }))
        if (n.mode === 'mark') {
          return marked.map(({ row, answer }) => new Map([...row, [n.output!.name, answer]]))
        }
        const wanted = n.mode === 'semi'
        return marked.filter(({ answer }) => answer === wanted).map(({ row }) => row)
      },
      sort: (n) => [...rows(n.source)].sort(comparatorOf(n.orderBy)),
      topN: (n) => [...rows(n.source)].sort(comparatorOf(n.orderBy)).slice(0, n.count),
      limit: (n) => {
        const all = rows(n.source)
        if (n.tiesOrderBy === undefined || all.length <= n.count) return all.slice(0, n.count)
        const compare = comparatorOf(n.tiesOrderBy)
        const last = all[n.count - 1]!
        return all.filter((row, i) => i < n.count || compare(row, last) === 0)
      },
      offset: (n) => rows(n.source).slice(n.count),
      setOperation: (n) => {
        const sources = n.sources.map((source, s) =>
          rows(source).map(
            (row): Row =>
              new Map([
                ...outer,
                ...n.outputs.map(
                  (o, i) => [o.name, row.get(n.inputs[s]![i]!.name) as Value] as const,
                ),
              ]),
          ),
        )
        if (n.operation === 'union') return sources.flat()
        return setOperation(n.operation, n.distinct, sources, keyOf(n.outputs))
      },
      enforceSingleRow: (n) => {
        const all = rows(n.source)
        if (all.length > 1) {
          throw new MillraceError(
            'SUBQUERY_MULTIPLE_ROWS',
            'Scalar sub-query has returned multiple rows',
          )
        }
        return all.length === 1 ? all : [new Map([...outer, ...nulls(outputsOf(n.source))])]
      },
      assignUniqueId: (n) =>
        rows(n.source).map((row, i) => new Map([...row, [n.symbol.name, BigInt(i)]])),
      markDistinct: (n) => {
        const seen = new Set<string>()
        const key = keyOf(n.distinctSymbols)
        return rows(n.source).map((row) => {
          const isNew = !seen.has(key(row))
          seen.add(key(row))
          return new Map([...row, [n.marker.name, isNew]])
        })
      },
      groupId: (n) => {
        const all = rows(n.source)
        return n.groupingSets.flatMap((set, i) => {
          const present = new Set(set.map((s) => s.name))
          return all.map(
            (row) =>
              new Map<string, Value>([
                ...outer,
                ...n.groupingColumns.map(
                  ({ output, input }) =>
                    [
                      output.name,
                      present.has(output.name) ? (row.get(input.name) as Value) : null,
                    ] as const,
                ),
                ...pick(row, n.aggregationArguments),
                [n.groupIdSymbol.name, BigInt(i)],
              ]),
          )
        })
      },
      window: (n) => this.#window(n, rows(n.source)),
      rowNumber: (n) => {
        const counts = new Map<string, number>()
        const key = keyOf(n.partitionBy)
        return rows(n.source).flatMap((row) => {
          const count = (counts.get(key(row)) ?? 0) + 1
          counts.set(key(row), count)
          const isKept = count <= (n.maxRowsPerPartition ?? Number.POSITIVE_INFINITY)
          return isKept ? [new Map([...row, [n.symbol.name, BigInt(count)]])] : []
        })
      },
      topNRanking: unsupported,
      unnest: (n) =>
        rows(n.source).flatMap((row) => {
          const columns = n.mappings.map((m) => unnested(row.get(m.input.name) as Value, m.outputs))
          const length = Math.max(0, ...columns.map((c) => c.length))
          const base = [...outer, ...pick(row, n.replicated)]
          const result = Array.from(
            { length },
            (_, i) =>
              new Map<string, Value>([
                ...base,
                ...columns.flatMap((c, m) => [...(c[i] ?? nulls(n.mappings[m]!.outputs))]),
                ...(n.ordinality === undefined
                  ? []
                  : [[n.ordinality.name, BigInt(i + 1)] as const]),
              ]),
          )
          if (length > 0 || n.type === 'inner') return result
          const all = [
            ...n.mappings.flatMap((m) => m.outputs),
            ...(n.ordinality === undefined ? [] : [n.ordinality]),
          ]
          return [new Map([...base, ...nulls(all)])]
        }),
      sample: (n) => rows(n.source).filter(() => n.ratio === 1),
      apply: (n) =>
        rows(n.input).map((row) => {
          const inner = this.run(n.subquery, row)
          const marks = n.assignments.map(({ symbol, set }): [string, Value] => {
            if (set.kind === 'exists') return [symbol.name, inner.length > 0]
            const value = row.get(set.value.name) as Value
            const compare = comparisonOf(set.kind === 'in' ? '=' : set.operator, set.value)
            const answers = inner.map((r) => compare(value, r.get(set.reference.name) as Value))
            const decisive = set.kind === 'in' || set.quantifier === 'any'
            if (answers.includes(decisive)) return [symbol.name, decisive]
            return [symbol.name, answers.includes(null) ? null : !decisive]
          })
          return new Map([...row, ...marks])
        }),
      correlatedJoin: (n) => {
        const condition = this.#compile(n.filter)
        const added = outputsOf(n.subquery)
        return rows(n.input).flatMap((row) => {
          const matches = this.run(n.subquery, row)
            .map((inner): Row => new Map([...row, ...pick(inner, added)]))
            .filter((joined) => condition(joined) === true)
          if (matches.length > 0 || n.type === 'inner') return matches
          return [new Map([...row, ...nulls(added)])]
        })
      },
      tableWriter: unsupported,
      tableFinish: unsupported,
      exchange: (n) => rows(n.source),
      remoteSource: unsupported,
      output: (n) => rows(n.source),
    }
    return visitPlan(node, visitor)
  }

  #compile(expression: Expression): (row: Row) => Value {
    const run = compileRow(expression, { registry: this.#options.registry })
    return (row) => run(lookup(row))
  }

  #value(expression: Expression, row: Row): Value {
    return this.#compile(expression)(row)
  }

  #join(
    n: Extract<PlanNode, { kind: 'join' }>,
    left: readonly Row[],
    right: readonly Row[],
    outer: Row,
  ): Row[] {
    const filter = n.filter === undefined ? undefined : this.#compile(n.filter)
    const equalities = n.criteria.map((c) => ({ ...c, equal: equalityOf(c.left.type) }))
    const result: Row[] = []
    const matchedRight = new Set<Row>()
    for (const l of left) {
      let isMatched = false
      for (const r of right) {
        const isEqual = equalities.every((c) => {
          const a = l.get(c.left.name) as Value
          const b = r.get(c.right.name) as Value
          return a !== null && b !== null && c.equal(a, b) === true
        })
        const joined = new Map([...l, ...r])
        if (!isEqual || (filter !== undefined && filter(joined) !== true)) continue
        isMatched = true
        matchedRight.add(r)
        result.push(joined)
      }
      if (!isMatched && (n.type === 'left' || n.type === 'full')) {
        result.push(new Map([...l, ...nulls(outputsOf(n.right))]))
      }
    }
    if (n.type === 'right' || n.type === 'full') {
      for (const r of right) {
        if (!matchedRight.has(r)) result.push(new Map([...nulls(outputsOf(n.left)), ...r]))
      }
    }
    const outputs = [...n.leftOutputs, ...n.rightOutputs]
    return result.map((row) => new Map([...outer, ...pick(row, outputs)]))
  }

  #aggregate(
    n: Extract<PlanNode, { kind: 'aggregation' }>,
    rows: readonly Row[],
    outer: Row,
  ): Row[] {
    const key = keyOf(n.groupingKeys)
    const groups = new Map<string, Row[]>()
    for (const row of rows) {
      const group = groups.get(key(row))
      if (group === undefined) groups.set(key(row), [row])
      else group.push(row)
    }
    const result: Row[] = [...groups.values()].map(
      (group) =>
        new Map([
          ...outer,
          ...pick(group[0]!, n.groupingKeys),
          ...n.aggregations.map((a) => [a.symbol.name, this.#accumulate(a.call, group)] as const),
        ]),
    )
    const empty = (keys: ReadonlyMap<string, Value>): Row =>
      new Map([
        ...outer,
        ...keys,
        ...n.aggregations.map((a) => [a.symbol.name, this.#accumulate(a.call, [])] as const),
      ])
    if (n.groupIdSymbol === undefined) {
      if (n.globalGroupingSets.length > 0 && rows.length === 0) result.push(empty(new Map()))
      return result
    }
    const { name } = n.groupIdSymbol
    for (const set of n.globalGroupingSets) {
      if (result.some((row) => row.get(name) === BigInt(set))) continue
      result.push(empty(new Map([...nulls(n.groupingKeys), [name, BigInt(set)]])))
    }
    return result
  }

  #accumulator(fn: ResolvedFunction, args: readonly Expression[]): Accumulator<unknown> {
    const registered = this.#options.registry.find(fn.id)
    if (registered.kind !== 'aggregate') throw new Error(`${fn.id} is no aggregate`)
    return registered.overload.bind({
      argumentTypes: fn.argumentTypes,
      returnType: fn.returnType,
      session: DEFAULT_SESSION,
      intermediateType: this.#options.registry.intermediateType(fn),
      lambdas: args.map((arg) =>
        arg.kind === 'lambda' ? compileLambda(arg, this.#options) : undefined,
      ),
    }) as Accumulator<unknown>
  }

  #accumulate(
    call: Pick<AggregateCall, 'function' | 'args' | 'distinct' | 'filter' | 'mask' | 'orderBy'>,
    group: readonly Row[],
  ): Value {
    const registered = this.#options.registry.find(call.function.id)
    const skipsNulls =
      registered.kind === 'aggregate' && (registered.overload.nulls ?? 'skip') === 'skip'
    const accumulator = this.#accumulator(call.function, call.args)
    const values = call.args.filter((arg) => arg.kind !== 'lambda')
    const evaluators = values.map((arg) => this.#compile(arg))
    const hashes = values.map((arg) => hashKeyOf(arg.type))
    const rows = call.orderBy === undefined ? group : [...group].sort(comparatorOf(call.orderBy))
    const seen = new Set<string>()
    let state = accumulator.create()
    for (const row of rows) {
      const conditions = [call.filter, call.mask]
      if (conditions.some((s) => s !== undefined && row.get(s.name) !== true)) continue
      const args = evaluators.map((evaluate) => evaluate(row))
      if (skipsNulls && args.includes(null)) continue
      if (call.distinct) {
        const key = args.map((arg, i) => `${typeof arg}${String(hashes[i]!(arg))}`).join('\u0000')
        if (seen.has(key)) continue
        seen.add(key)
      }
      state = accumulator.add(state, ...args)
    }
    return accumulator.finish(state)
  }

  #window(n: WindowNode, rows: readonly Row[]): Row[] {
    const key = keyOf(n.partitionBy)
    const partitions = new Map<string, Row[]>()
    for (const row of rows) {
      const partition = partitions.get(key(row))
      if (partition === undefined) partitions.set(key(row), [row])
      else partition.push(row)
    }
    const compare = comparatorOf(n.orderBy)
    return [...partitions.values()].flatMap((partition) => {
      const sorted = [...partition].sort(compare)
      const results = n.functions.map((f) => this.#windowValues(f, sorted, n))
      return sorted.map(
        (row, i) =>
          new Map([
            ...row,
            ...n.functions.map((f, j) => [f.symbol.name, results[j]![i]!] as const),
          ]),
      )
    })
  }

  #windowValues(f: WindowFunctionCall, rows: readonly Row[], n: WindowNode): Value[] {
    const compare = comparatorOf(n.orderBy)
    const frames = rows.map((_, i) => frameOf(f, rows, i, n, compare))
    const registered = this.#options.registry.find(f.function.id)
    if (registered.kind === 'aggregate') {
      return frames.map(({ start, end }) =>
        this.#accumulate(
          { ...f, distinct: f.distinct ?? false },
          start < end ? rows.slice(start, end) : [],
        ),
      )
    }
    if (registered.kind !== 'window') throw new Error(`${f.function.id} is no window function`)
    const evaluators = f.args.map((arg) => this.#compile(arg))
    const evaluate = registered.overload.bind(
      {
        argumentTypes: f.function.argumentTypes,
        returnType: f.function.returnType,
        session: DEFAULT_SESSION,
      },
      f.ignoreNulls,
    )({
      rowCount: rows.length,
      argument: (index, position) => evaluators[index]!(rows[position]!),
    })
    return rows.map((row, position) => {
      const isPeer = (other: Row) => compare(row, other) === 0
      const peerStart = rows.findIndex(isPeer)
      const { start, end } = frames[position]!
      return evaluate({
        position,
        peerStart,
        peerEnd: peerStart + rows.filter(isPeer).length,
        frameStart: Math.min(start, end),
        frameEnd: end,
      })
    })
  }
}
