import { isDeterministic, substitute, symbolsOf } from '../expression/tree.js'
import { on, over, rule } from '../rule.js'

/** Rows up to which a projection is worked into VALUES. */
const ROWS_MAX = 1000

/**
 * Project(f(x), Values) → Values of f of each row, where no expression is computed twice.
 */
export const projectOverValues = rule({
  name: 'ProjectOverValues',
  pattern: over(
    'project',
    on('values', (values) => values.rows.length <= ROWS_MAX),
  ),
  apply: (node) => {
    const values = node.source
    const position = new Map(values.outputs.map((symbol, i) => [symbol.name, i]))
    const plain = values.rows.every((row) =>
      row.every((e) => e.kind === 'constant' || (isDeterministic(e) && symbolsOf(e).size === 0)),
    )
    if (!plain) return undefined
    const onlyConstants = values.rows.every((row) => row.every((e) => e.kind === 'constant'))
    const deterministic = node.assignments.every((a) => isDeterministic(a.expression))
    if (!deterministic || (!onlyConstants && values.rows.length > 1)) return undefined
    return {
      ...values,
      outputs: node.assignments.map((a) => a.symbol),
      rows: values.rows.map((row) =>
        node.assignments.map((a) =>
          substitute(a.expression, (name) => row[position.get(name) as number]),
        ),
      ),
    }
  },
})
