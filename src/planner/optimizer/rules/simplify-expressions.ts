import type { Expression } from '../../../expressions/ir.js'
import { outputsOf } from '../../plan/structure.js'
import { emptyValues } from '../build.js'
import type { OptimizerContext } from '../context.js'
import { isNeverTrue, isTrue } from '../expression/predicates.js'
import { simplify, simplifyPredicate } from '../expression/simplify.js'
import { on, rule } from '../rule.js'

/** Simplifies a filter's predicate; TRUE removes the filter, FALSE and NULL its rows. */
export const simplifyFilter = rule({
  name: 'SimplifyFilter',
  pattern: on('filter'),
  apply: (node, context) => {
    const predicate = simplifyPredicate(node.predicate, context.evaluate)
    if (isTrue(predicate)) return node.source
    if (isNeverTrue(predicate)) return emptyValues(context, outputsOf(node))
    return predicate === node.predicate ? undefined : { ...node, predicate }
  },
})

/** Simplifies what a projection computes. */
export const simplifyProject = rule({
  name: 'SimplifyProject',
  pattern: on('project'),
  apply: (node, context) => {
    const assignments = node.assignments.map((a) => {
      const expression = simplify(a.expression, context.evaluate)
      return expression === a.expression ? a : { ...a, expression }
    })
    const changed = assignments.some((a, i) => a !== node.assignments[i])
    return changed ? { ...node, assignments } : undefined
  },
})

/** Simplifies the condition of a join. */
export const simplifyJoinFilter = rule({
  name: 'SimplifyJoinFilter',
  pattern: on('join', (node) => node.filter !== undefined),
  apply: (node, context) => {
    const filter = simplifyPredicate(node.filter as Expression, context.evaluate)
    if (filter === node.filter) return undefined
    const { filter: _, ...fields } = node
    return isTrue(filter) ? fields : { ...fields, filter }
  },
})

/** Evaluates the rows of VALUES where they are constant; others are left to run time, with their errors. */
export const simplifyValues = rule({
  name: 'SimplifyValues',
  pattern: on('values', (node) => node.rows.length <= FOLDED_ROWS_MAX),
  apply: (node, context) => {
    const rows = node.rows.map((row) => simplifyRow(row, context))
    const changed = rows.some((row, i) => row !== node.rows[i])
    return changed ? { ...node, rows } : undefined
  },
})
/** Larger literal tables are evaluated by the operator, page by page. */
const FOLDED_ROWS_MAX = 1000

function simplifyRow(row: readonly Expression[], context: OptimizerContext): readonly Expression[] {
  const simplified = row.map((e) => (e.kind === 'constant' ? e : simplify(e, context.evaluate)))
  return simplified.some((e, i) => e !== row[i]) ? simplified : row
}
