import { beforeAll, describe, expect, it } from 'vitest'
import { bytesText, countText } from '../../../../src/planner/explain/amount-text.js'
import { planGraphviz } from '../../../../src/planner/explain/graphviz.js'
import { ioPlan } from '../../../../src/planner/explain/io.js'
import { planJson } from '../../../../src/planner/explain/json.js'
import { planText } from '../../../../src/planner/explain/text.js'
import type { Planned } from '../optimizer/planning.js'
import { planQuery, tpchCatalogs } from '../optimizer/planning.js'

let planned: Planned
beforeAll(async () => {
  planned = await planQuery(
    "SELECT name FROM nation WHERE nationkey BETWEEN 3 AND 5 AND name LIKE 'A%'",
    await tpchCatalogs(),
    { catalog: 'tpch', schema: 'sf1' },
  )
})

describe('EXPLAIN', () => {
  it('prints nodes with layouts, estimates and notes', () => {
    const text = planText(planned.plan, { estimator: planned.context.estimator })
    expect(text).toContain('Output[columnNames = [name]]')
    expect(text).toContain('TableScan[table = tpch:sf1.nation]')
    expect(text).toContain('Layout: [nationkey:bigint, name:varchar(25)]')
    expect(text).toMatch(/Estimates: \{rows: 25 \(\d+B\), cpu: 25, memory: 0B\}/)
    expect(text).toContain(
      "not pushed (left by the connector): (nationkey BETWEEN bigint '3' AND bigint '5')",
    )
  })

  it('adds what was measured', () => {
    const text = planText(planned.plan, {
      annotate: (id) => (id === planned.plan.id ? ['Input: 3 rows'] : []),
    })
    expect(text.match(/Input: 3 rows/g)).toHaveLength(1)
  })

  it('gives JSON with a node a plan node', () => {
    const json = planJson(planned.plan, planned.context.estimator)
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
    expect(json.name).toBe('Output')
    expect(json.descriptor).toEqual({ columnNames: '[name]' })
    expect(json.estimates[0]?.outputRowCount).toBeGreaterThan(0)
    expect(json.children).toHaveLength(1)
  })

  it('gives a Graphviz graph with braces and quotes escaped', () => {
    const graph = planGraphviz([{ id: 0, plan: planned.plan }])
    expect(graph).toMatch(/^digraph logical_plan \{\nsubgraph cluster_0 \{/)
    expect(graph).toContain('TableScan|table = tpch:sf1.nation')
    expect(graph.match(/->/g)?.length).toBeGreaterThanOrEqual(2)
  })

  it('tells what is read and how it is restricted', () => {
    const io = ioPlan(planned.plan, planned.context.estimator, (scan) =>
      scan.columns.map((column) => (column as { readonly name: string }).name),
    )
    const [table] = io.inputTableColumnInfos
    expect(table?.table).toEqual({
      catalog: 'tpch',
      schemaTable: { schema: 'sf1', table: 'nation' },
    })
    expect(table?.constraint.columnConstraints).toContainEqual({
      columnName: 'nationkey',
      type: 'bigint',
      domain: {
        nullsAllowed: false,
        ranges: [{ low: { value: '3', bound: 'EXACTLY' }, high: { value: '5', bound: 'EXACTLY' } }],
      },
    })
  })

  it('writes amounts', () => {
    expect(bytesText(1536)).toBe('1.50kB')
    expect(bytesText(12)).toBe('12B')
    expect(countText(59_790)).toBe('59.79K')
    expect(countText(Number.NaN)).toBe('?')
  })
})
