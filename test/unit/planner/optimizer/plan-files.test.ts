import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { planText } from '../../../../src/planner/explain/text.js'
import type { PlanNode } from '../../../../src/planner/plan/node.js'
import { sourcesOf } from '../../../../src/planner/plan/structure.js'
import type { Catalogs } from './planning.js'
import { planQuery, tpchCatalogs } from './planning.js'
import { tpcdsMetadata } from './tpcds-catalog.js'

/*
 * test/plans/<folder>/<name>.plan: comment lines, a query, a line ----, the plan over tpch.sf1, or tpcds.sf1 in that folder. UPDATE_PLANS=1 writes the
 * plans anew; read what changed before keeping it.
 */
const root = new URL('../../../plans/', import.meta.url).pathname
const update = process.env['UPDATE_PLANS'] === '1'

let catalogs: Catalogs
beforeAll(async () => {
  process.env['MILLRACE_VERIFY'] = '1'
  catalogs = new Map([...(await tpchCatalogs()), ['tpcds', tpcdsMetadata()]])
})

function allNodes(node: PlanNode): PlanNode[] {
  return [node, ...sourcesOf(node).flatMap(allNodes)]
}

const isCrossJoin = (node: PlanNode): boolean =>
  node.kind === 'join' && node.criteria.length === 0 && node.filter === undefined

/** Whether a node gives one row by what it is: a global aggregation, perhaps under projections. */
const isOneRow = (node: PlanNode): boolean =>
  node.kind === 'enforceSingleRow' ||
  (node.kind === 'sharedScan' && isOneRow(node.definition)) ||
  (node.kind === 'aggregation' && node.groupingKeys.length === 0) ||
  (node.kind === 'values' && node.rows.length === 1) ||
  (isCrossJoin(node) && sourcesOf(node).every(isOneRow)) ||
  ((node.kind === 'project' || node.kind === 'filter' || node.kind === 'limit') &&
    isOneRow(node.source))

for (const folder of readdirSync(root).sort()) {
  describe(folder, () => {
    for (const file of readdirSync(join(root, folder)).sort()) {
      it(file, async () => {
        const path = join(root, folder, file)
        const [query = '', expected = ''] = readFileSync(path, 'utf8').split('\n----\n')
        const sql = query.replace(/^--.*\n/gm, '')
        const catalog = folder === 'tpcds' ? 'tpcds' : 'tpch'
        const { plan } = await planQuery(sql, catalogs, { catalog, schema: 'sf1' })
        const actual = planText(plan, { types: false })
        if (update) writeFileSync(path, `${query}\n----\n${actual}`)
        else expect(actual).toBe(expected)
        if (folder === 'tpch') {
          expect(allNodes(plan).filter(isCrossJoin)).toEqual([])
        }
      })
    }
  })
}

const queries = new URL('../../../../bench/tpcds/queries/', import.meta.url).pathname
/** Queries that are written with a cross join of tables. */
const crossedAsWritten: Readonly<Record<string, number>> = { 'q77.sql': 1 }
describe('the queries of TPC-DS multiply no rows', () => {
  for (const file of readdirSync(queries).sort()) {
    it(file, async () => {
      const sql = readFileSync(join(queries, file), 'utf8')
      const { plan } = await planQuery(sql, catalogs, { catalog: 'tpcds', schema: 'sf1' })
      const crossed = allNodes(plan).filter(
        (node) => isCrossJoin(node) && !sourcesOf(node).some(isOneRow),
      )
      expect(crossed).toHaveLength(crossedAsWritten[file] ?? 0)
    })
  }
})
