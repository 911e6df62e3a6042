import type { Expression } from '../../expressions/ir.js'
import { expressionKey } from '../../expressions/ir-walk.js'
import { isComparable, typeName } from '../../spi/index.js'
import type {
  Expression as AstExpression,
  GroupBy,
  GroupingElement,
  NodeBase,
} from '../parser/ast/index.js'
import { analyze, type ExpressionContext, type MetCall } from './analysis.js'
import type { BoundGrouping } from './bound.js'
import { refuseCalls, refuseWrittenCalls } from './clause-check.js'
import { expressionText } from './expression-text.js'
import { semanticError } from './semantic-error.js'

const MAX_GROUPING_SETS = 2048

interface Output {
  readonly expression: Expression
  readonly met: readonly MetCall[]
  readonly node: NodeBase
}

/** The keys of a GROUP BY and the sets of them that it asks for: of several elements, every combination. */
export function analyzeGroupBy(
  groupBy: GroupBy,
  outputs: readonly Output[],
  context: ExpressionContext,
  specification: NodeBase,
): BoundGrouping {
  const keys: Expression[] = []
  const positions = new Map<string, number>()
  const keyOf = (expression: Expression): number => {
    const key = expressionKey(expression)
    const known = positions.get(key)
    if (known !== undefined) return known
    if (!isComparable(expression.type)) {
      throw semanticError(
        'TYPE_MISMATCH',
        specification,
        `${typeName(expression.type)} is not comparable, and therefore cannot be used in GROUP BY`,
      )
    }
    positions.set(key, keys.length)
    return keys.push(expression) - 1
  }
  const elements = groupBy.groupingElements.map((element) =>
    elementSets(element, outputs, context, keyOf),
  )
  const setCount = elements.reduce((product, sets) => product * sets.length, 1)
  if (setCount > MAX_GROUPING_SETS) {
    throw semanticError(
      'TOO_MANY_GROUPING_SETS',
      specification,
      `GROUP BY has ${setCount} grouping sets but can contain at most ${MAX_GROUPING_SETS}`,
    )
  }
  let sets: readonly (readonly number[])[] = [[]]
  for (const element of elements) {
    sets = sets.flatMap((prefix) => element.map((set) => [...new Set([...prefix, ...set])]))
  }
  return { keys, sets: groupBy.distinct ? distinctSets(sets) : sets }
}

function distinctSets(sets: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const seen = new Map(sets.map((set) => [[...set].sort((a, b) => a - b).join(','), set]))
  return [...seen.values()]
}

function elementSets(
  element: GroupingElement,
  outputs: readonly Output[],
  context: ExpressionContext,
  keyOf: (expression: Expression) => number,
): readonly (readonly number[])[] {
  if (element.kind === 'simpleGroupBy') {
    return [element.columns.map((column) => keyOf(groupingKey(column, outputs, context)))]
  }
  if (element.kind === 'autoGroupBy') {
    const plain = outputs.filter((output) => !isAggregate(output))
    for (const { met, node } of plain) refuseCalls(met, node, 'GROUP BY clause')
    return [plain.map((output) => keyOf(output.expression))]
  }
  const sets = element.sets.map((set) => set.map((column) => keyOf(columnKey(column, context))))
  switch (element.type) {
    case 'EXPLICIT':
      return sets
    case 'ROLLUP':
      return Array.from({ length: sets.length + 1 }, (_, i) =>
        sets.slice(0, sets.length - i).flat(),
      )
    case 'CUBE':
      return powerSet(sets)
  }
}

/** The output is an aggregation and nothing besides. */
const isAggregate = ({ expression, met }: Output): boolean =>
  expression.kind === 'symbol' &&
  met.some((m) => m.kind === 'aggregate' && m.id === expression.name)

/** All subsets, those with the first elements first, as Trino orders them. */
function powerSet(sets: readonly (readonly number[])[]): readonly (readonly number[])[] {
  if (2 ** sets.length > MAX_GROUPING_SETS) {
    return Array.from({ length: MAX_GROUPING_SETS + 1 }, () => [])
  }
  let subsets: readonly (readonly number[])[] = [[]]
  for (const set of sets.toReversed()) {
    subsets = [...subsets.map((rest) => [...set, ...rest]), ...subsets]
  }
  return subsets
}

/** A grouping expression; an integer is the position of a column of the result. */
function groupingKey(
  node: AstExpression,
  outputs: readonly Output[],
  context: ExpressionContext,
): Expression {
  if (node.kind === 'longLiteral') {
    const output = outputs[Number(node.value) - 1]
    if (output === undefined) {
      throw semanticError(
        'INVALID_COLUMN_REFERENCE',
        node,
        `GROUP BY position ${node.value} is not in select list`,
      )
    }
    refuseCalls(output.met, output.node, 'GROUP BY clause')
    return output.expression
  }
  const inner: ExpressionContext = { ...context, met: [] }
  refuseWrittenCalls(node, context.analysis.registry, 'GROUP BY clause')
  return analyze(node, inner)
}

/** Keys of GROUPING SETS, CUBE and ROLLUP are columns. */
function columnKey(node: AstExpression, context: ExpressionContext): Expression {
  if (node.kind === 'identifier' || node.kind === 'dereferenceExpression') {
    const expression = analyze(node, context)
    if (expression.kind === 'symbol') return expression
  } else {
    analyze(node, { ...context, met: [] })
  }
  throw semanticError(
    'INVALID_COLUMN_REFERENCE',
    node,
    `GROUP BY expression must be a column reference: ${expressionText(node)}`,
  )
}
