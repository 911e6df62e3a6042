import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { builtinRegistry } from '../../../../src/expressions/functions/index.js'
import { analyzeAndPlan } from '../../../../src/planner/logical-planner/logical-planner.js'
import { parseStatement } from '../../../../src/planner/parser/parser.js'
import { typeName } from '../../../../src/spi/index.js'
import { checkPlan } from '../plan-text.js'
import { tpchMetadata, tpchSession } from '../tpch-metadata.js'

interface RecordedCase {
  readonly id: string
  readonly sql: string
  readonly catalog: string
  readonly schema: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
}

const library =
  process.env['MILLRACE_CONFORMANCE'] ??
  new URL('../../../../../shared/conformance', import.meta.url).pathname
const isThere = existsSync(`${library}/lib.mjs`)

describe.skipIf(!isThere)(
  'TPC-H (recorded statements; skipped where they are not installed)',
  async () => {
    const { readCases } = isThere ? await import(`${library}/lib.mjs`) : { readCases: () => [] }
    const cases = (readCases(`${library}/public/tpch.jsonl`) as RecordedCase[]).filter((c) =>
      /\/q\d\d(-std)?-tiny$/.test(c.id),
    )
    const registry = builtinRegistry()

    test('every query is there in both namings', () => expect(cases).toHaveLength(44))

    test.each(cases)('$id has the columns of the recorded answer', async (c) => {
      const plan = await analyzeAndPlan(parseStatement(c.sql), {
        metadata: tpchMetadata(),
        session: { ...tpchSession, catalog: c.catalog, schema: c.schema },
        registry,
      })
      checkPlan(plan.root)
      expect(plan.columns.map((column) => `${column.name} ${typeName(column.type)}`)).toEqual(
        c.columns.map((column) => `${column.name} ${column.type.replace(/, /g, ',')}`),
      )
      expect(plan.tables.length).toBeGreaterThan(0)
    })
  },
)
