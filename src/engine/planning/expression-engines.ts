import type { Expression } from '../../expressions/ir.js'
import { withoutKernels } from '../../expressions/kernel-coverage.js'
import type { FunctionRegistry } from '../../expressions/registry.js'
import { expressionText } from '../../planner/explain/expression-text.js'
import type { PlanNode } from '../../planner/plan/node.js'

/** Where expressions run unless a test says otherwise: in kernels as far as there are any. */
type Target = 'wasm' | 'js' | 'interpreter' | undefined

const NAMES = { js: 'JavaScript', interpreter: 'Interpreted' } as const

/** What EXPLAIN says of a node's expressions that run elsewhere than in WebAssembly: a line for all of them, or none. */
export function expressionEngines(
  node: PlanNode,
  registry: FunctionRegistry,
  target: Target,
): readonly string[] {
  const { conditions, values } = expressionsOf(node)
  const isElsewhere = target === 'js' || target === 'interpreter'
  const foreign = isElsewhere
    ? [...conditions, ...values]
    : [
        ...conditions.flatMap((e) => withoutKernels(e, 'condition', registry)),
        ...values.flatMap((e) => withoutKernels(e, 'value', registry)),
      ]
  if (foreign.length === 0) return []
  const texts = new Set(foreign.map(expressionText))
  return [`${NAMES[isElsewhere ? target : 'js']}: ${[...texts].join(', ')}`]
}

/** What operators compile for pages. */
function expressionsOf(node: PlanNode): {
  readonly conditions: readonly Expression[]
  readonly values: readonly Expression[]
} {
  switch (node.kind) {
    case 'filter':
      return { conditions: [node.predicate], values: [] }
    case 'project': {
      const values = node.assignments.map((a) => a.expression)
      return {
        conditions: [],
        values: values.filter((e) => e.kind !== 'symbol' && e.kind !== 'constant'),
      }
    }
    case 'join':
    case 'semiJoin':
      return { conditions: node.filter === undefined ? [] : [node.filter], values: [] }
    default:
      return { conditions: [], values: [] }
  }
}
