import type { Expression } from '../../../expressions/ir.js'
import type { PlanNode, ProjectNode } from '../../plan/node.js'
import { outputsOf } from '../../plan/structure.js'
import type { PlanSymbol } from '../../plan/symbol.js'
import { inferEqualities, notInferable, scopeOf } from '../expression/equality-inference.js'
import { conjunctsOf, equal, namesOf, readsOnly, symbolOf } from '../expression/predicates.js'
import { isDeterministic, substitute } from '../expression/tree.js'

/**
 * Conjuncts over a node's outputs that hold for every row it gives (each is true, so that the symbols it compares are
 * not null). Used to carry what one side of a join knows to the other.
 * @source Trino EffectivePredicateExtractor
 */
export function effectivePredicate(node: PlanNode): readonly Expression[] {
  switch (node.kind) {
    case 'filter':
      return [
        ...effectivePredicate(node.source),
        ...conjunctsOf(node.predicate).filter(isDeterministic),
      ]
    case 'project':
      return throughProject(node)
    case 'join': {
      const left = effectivePredicate(node.left)
      const right = effectivePredicate(node.right)
      const names = namesOf(outputsOf(node))
      switch (node.type) {
        case 'inner':
          return visible(
            [
              ...left,
              ...right,
              ...node.criteria.map((c) => equal(symbolOf(c.left), symbolOf(c.right))),
              ...conjunctsOf(node.filter).filter(isDeterministic),
            ],
            names,
          )
        case 'left':
          return visible(left, names)
        case 'right':
          return visible(right, names)
        case 'full':
          return []
      }
      break
    }
    case 'semiJoin':
    case 'sort':
    case 'topN':
    case 'limit':
    case 'offset':
    case 'sample':
    case 'exchange':
    case 'assignUniqueId':
    case 'asyncCall':
    case 'markDistinct':
    case 'window':
    case 'rowNumber':
    case 'topNRanking':
      return effectivePredicate(node.source)
    case 'sharedScan': {
      const own = new Map(node.columns.map((c, i) => [c.name, node.outputs[i] as PlanSymbol]))
      const named = visible(effectivePredicate(node.definition), namesOf(node.columns))
      return named.map((e) =>
        substitute(e, (name) => {
          const symbol = own.get(name)
          return symbol === undefined ? undefined : symbolOf(symbol)
        }),
      )
    }
    case 'aggregation':
      // A global aggregation gives a row that no row of its source stands for.
      return node.globalGroupingSets.length > 0
        ? []
        : visible(effectivePredicate(node.source), namesOf(node.groupingKeys))
    default:
      return []
  }
}

function visible(
  conjuncts: readonly Expression[],
  names: ReadonlySet<string>,
): readonly Expression[] {
  if (conjuncts.every((e) => readsOnly(e, names))) return conjuncts
  const inference = inferEqualities(conjuncts)
  const kept: Expression[] = [...inference.partition(scopeOf(names)).inScope]
  for (const e of notInferable(conjuncts)) {
    const rewritten = inference.rewrite(e, scopeOf(names))
    if (rewritten !== undefined) kept.push(rewritten)
  }
  return kept
}

function throughProject(node: ProjectNode): readonly Expression[] {
  const newNames = new Map<string, Expression>()
  const constants: Expression[] = []
  for (const { symbol, expression } of node.assignments) {
    if (expression.kind === 'symbol') {
      const identity = expression.name === symbol.name
      if (identity || !newNames.has(expression.name)) {
        newNames.set(expression.name, symbolOf(symbol))
      }
    } else if (expression.kind === 'constant' && expression.value !== null) {
      constants.push(equal(symbolOf(symbol), expression))
    }
  }
  const renamed = effectivePredicate(node.source).map((e) =>
    substitute(e, (name) => newNames.get(name)),
  )
  return [...visible(renamed, namesOf(node.assignments.map((a) => a.symbol))), ...constants]
}
