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

const MAX_GROUPING_SETS_DEFAULT = 2048
/** Beyond it Trino does not count. */
const INTEGER_MAX = 2 ** 31 - 1

/** Indexes of keys. */
type KeySets = readonly (readonly number[])[]

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
  const { maxGroupingSets = MAX_GROUPING_SETS_DEFAULT } = context.analysis.session
  let setCount = 1
  const elements = groupBy.groupingElements.map((element) => {
    const own = elementSets(element, outputs, context, keyOf)
    setCount *= own.count
    if (setCount <= maxGroupingSets) return own
    const count = setCount > INTEGER_MAX ? `more than ${INTEGER_MAX}` : setCount
    throw semanticError(
      'TOO_MANY_GROUPING_SETS',
      groupBy,
      `GROUP BY has ${count} grouping sets but can contain at most ${maxGroupingSets}`,
    )
  })
  let sets: KeySets = [[]]
  for (const element of elements) {
    const own = element.sets()
    sets = sets.flatMap((prefix) => own.map((set) => [...new Set([...prefix, ...set])]))
  }
  return { keys, sets: groupBy.distinct ? distinctSets(sets) : sets }
}

function distinctSets(sets: KeySets): KeySets {
  const seen = new Map(sets.map((set) => [[...set].sort((a, b) => a - b).join(','), set]))
  return [...seen.values()]
}

/** The sets of one element. A CUBE's are made when it is known that they are not too many. */
interface ElementSets {
  readonly count: number
  sets(): KeySets
}

const listed = (sets: KeySets): ElementSets => ({ count: sets.length, sets: () => sets })

function elementSets(
  element: GroupingElement,
  outputs: readonly Output[],
  context: ExpressionContext,
  keyOf: (expression: Expression) => number,
): ElementSets {
  if (element.kind === 'simpleGroupBy') {
    return listed([element.columns.map((column) => keyOf(groupingKey(column, outputs, context)))])
  }
  if (element.kind === 'autoGroupBy') {
    const plain = outputs.filter((output) => !isAggregate(output))
    for (const { met, node } of plain) refuseCalls(met, node, 'GROUP BY clause')
    return listed([plain.map((output) => keyOf(output.expression))])
  }
  const sets = element.sets.map((set) => set.map((column) => keyOf(columnKey(column, context))))
  switch (element.type) {
    case 'EXPLICIT':
      return listed(sets)
    case 'ROLLUP':
      return listed(
        Array.from({ length: sets.length + 1 }, (_, i) => sets.slice(0, sets.length - i).flat()),
      )
    case 'CUBE':
      return { count: 2 ** sets.length, sets: () => powerSet(sets) }
  }
}

/** The output is an aggregation and nothing besides. */
const isAggregate = ({ expression, met }: Output): boolean =>
  expression.kind === 'symbol' &&
  met.some((m) => m.kind === 'aggregate' && m.id === expression.name)

/** All subsets, those with the first elements first, as Trino orders them. */
function powerSet(sets: KeySets): KeySets {
  let subsets: KeySets = [[]]
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
