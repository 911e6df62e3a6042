import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { planText } from '../../../../src/planner/explain/text.js'
import type { PlanNode } from '../../../../src/planner/plan/node.js'
import { sourcesOf } from '../../../../src/planner/plan/structure.js'
import type { Catalogs } from './planning.js'
import { planQuery, tpchCatalogs } from './planning.js'

/*
 * test/plans/<folder>/<name>.plan: comment lines, a query, a line ----, the plan over tpch.sf1. UPDATE_PLANS=1 writes the
 * plans anew; read what changed before keeping it.
 */
const root = new URL('../../../plans/', import.meta.url).pathname
const update = process.env['UPDATE_PLANS'] === '1'

let catalogs: Catalogs
beforeAll(async () => {
  process.env['MILLRACE_VERIFY'] = '1'
  catalogs = await tpchCatalogs()
})

function allNodes(node: PlanNode): PlanNode[] {
  return [node, ...sourcesOf(node).flatMap(allNodes)]
}

for (const folder of readdirSync(root).sort()) {
  describe(folder, () => {
    for (const file of readdirSync(join(root, folder)).sort()) {
      it(file, async () => {
        const path = join(root, folder, file)
        const [query = '', expected = ''] = readFileSync(path, 'utf8').split('\n----\n')
        const sql = query.replace(/^--.*\n/gm, '')
        const { plan } = await planQuery(sql, catalogs, { catalog: 'tpch', schema: 'sf1' })
        const actual = planText(plan, { types: false })
        if (update) writeFileSync(path, `${query}\n----\n${actual}`)
        else expect(actual).toBe(expected)
        if (folder === 'tpch') {
          const crossed = allNodes(plan).filter(
            (node) =>
              node.kind === 'join' && node.criteria.length === 0 && node.filter === undefined,
          )
          expect(crossed).toEqual([])
        }
      })
    }
  })
}
