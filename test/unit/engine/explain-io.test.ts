import { expect, test } from 'vitest'
import { Millrace } from '../../../src/index.js'

test('EXPLAIN (TYPE IO) says what is read, by which constraints, and what is written', async () => {
  const engine = await Millrace.create({
    threads: 0,
    catalogs: { tpch: { 'connector.name': 'tpch' } },
  })
  try {
    const explain = async (sql: string) => {
      const [row] = await engine
        .query(`EXPLAIN (TYPE IO) ${sql}`, [], {
          catalog: 'tpch',
          schema: 'tiny',
          rowMode: 'array',
        })
        .all()
      return String((row as readonly unknown[])[0])
    }
    const text = await explain(
      'CREATE TABLE memory.default.t AS SELECT name FROM nation WHERE nationkey > 3',
    )
    const plan = JSON.parse(text)
    expect(plan.outputTable).toEqual({
      catalog: 'memory',
      schemaTable: { schema: 'default', table: 't' },
    })
    expect(plan.inputTableColumnInfos).toHaveLength(1)
    const [table] = plan.inputTableColumnInfos
    expect(table.table).toEqual({
      catalog: 'tpch',
      schemaTable: { schema: 'tiny', table: 'nation' },
    })
    expect(table.constraint.columnConstraints).toEqual([
      {
        columnName: 'nationkey',
        type: 'bigint',
        domain: {
          nullsAllowed: false,
          ranges: [{ low: { value: '3', bound: 'ABOVE' }, high: { bound: 'BELOW' } }],
        },
      },
    ])
    // Laid out as Jackson does.
    expect(text.startsWith('{\n  "inputTableColumnInfos" : [ {\n    "table" : {\n')).toBe(true)
    expect(await explain('SELECT 1')).toContain('"inputTableColumnInfos" : [ ],\n')
  } finally {
    await engine.close()
  }
})
