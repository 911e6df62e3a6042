import type { Expression } from '../planner/parser/ast/index.js'
import { callName } from './call-name.js'
import { condition, onlySubquery, value, withSubscripts } from './expression.js'
import type { ForeignNode } from './foreign-node.js'
import { arity, type ForeignCall, type FunctionRule } from './function-rule.js'
import { orderBy } from './query.js'
import { finish, notSupported, type Translation } from './translation.js'
import { call, fill } from './tree.js'
import { windowOf } from './window.js'

/** A call of a function, an aggregation or a window function. */
export function callExpression(node: ForeignNode, t: Translation): Expression {
  const name = callName(node)
  node.ignore('schema', 'separator')
  if (name === 'exists') return existsCall(node, t)
  if (name === 'not') return notCall(node, t)
  if (name === 'grouping') return groupingCall(node, t)
  const foreign = foreignCall(node, name, t)
  const rule = Object.hasOwn(t.dialect.functions, name) ? t.dialect.functions[name] : undefined
  if (rule === undefined) return unknownFunction(foreign, t)
  return withSubscripts(applyRule(rule, foreign, t), node, t)
}

function applyRule(rule: FunctionRule, foreign: ForeignCall, t: Translation): Expression {
  if (typeof rule === 'function') return rule(foreign)
  const templates = typeof rule === 'string' ? [rule] : rule
  const template = templates.find((candidate) => arity(candidate) === foreign.args.length)
  if (template === undefined) {
    throw notSupported(`${foreign.name} with ${foreign.args.length} arguments`, t)
  }
  return fill(
    template,
    (index, isCondition) => (isCondition ? foreign.condition(index) : foreign.value(index)),
    t.location,
    clausesOf(foreign, t),
  )
}

/** The clauses of an aggregation; WITHIN GROUP is for rules that ask for it. */
export function clausesOf(foreign: ForeignCall, t: Translation): ForeignCall {
  if (foreign.withinGroup !== undefined) throw notSupported(`WITHIN GROUP of ${foreign.name}`, t)
  if (foreign.separator !== undefined) throw notSupported(`SEPARATOR of ${foreign.name}`, t)
  return foreign
}

/** Functions of the program may be called; those of Trino that the dialect doesn't have may not. */
function unknownFunction(foreign: ForeignCall, t: Translation): Expression {
  const { name } = foreign
  if (t.dialect.name !== 'athena' && t.isBuiltin(name)) {
    throw notSupported(
      `the function ${name}`,
      t,
      'Trino has a function of this name, which may differ: call it without a dialect',
    )
  }
  if (name === '' || name.includes('.')) throw notSupported(`the function ${name}`, t)
  if (!t.isBuiltin(name) && t.dialect.name !== 'athena' && !t.isOwnFunction(name)) {
    throw notSupported(`the function ${name}`, t)
  }
  clausesOf(foreign, t)
  const { distinct, filter, orderBy: order, window } = foreign
  return {
    ...call(
      name,
      foreign.args.map((_, i) => foreign.value(i)),
      t.location,
    ),
    distinct,
    ...(filter === undefined ? {} : { filter }),
    ...(order === undefined ? {} : { orderBy: order }),
    ...(window === undefined ? {} : { window }),
  }
}

/** NOT before parentheses. */
function notCall(node: ForeignNode, t: Translation): Expression {
  const [operand, more] = node.node('args')?.nodes('value') ?? []
  if (operand === undefined || more !== undefined) throw notSupported('this NOT', t)
  node.ignore('over', 'within_group')
  return { kind: 'notExpression', value: condition(operand, t), location: t.location }
}

function groupingCall(node: ForeignNode, t: Translation): Expression {
  const columns = node.node('args')?.nodes('value') ?? []
  node.ignore('over', 'within_group')
  const groupingColumns = columns.map((column) => value(column, t))
  return { kind: 'groupingOperation', groupingColumns, location: t.location }
}

function existsCall(node: ForeignNode, t: Translation): Expression {
  const args = node.node('args')
  const subquery = args === undefined ? undefined : onlySubquery(args, t)
  if (subquery === undefined) throw notSupported('EXISTS without subquery', t)
  node.ignore('over')
  return { kind: 'existsPredicate', subquery, location: t.location }
}

function foreignCall(node: ForeignNode, name: string, t: Translation): ForeignCall {
  const args = node.node('args')
  const list = argumentsOf(args)
  const within = node.nodes('within_group_orderby')
  const over = node.node('over')
  const order = args?.nodes('orderby') ?? []
  const separator = separatorOf(args)
  const isDistinct = args?.has('distinct') === true
  args?.ignore('distinct', 'orderby', 'separator', 'expr', 'value')
  if (args !== undefined) finish(args, t)
  const filterNode = node.node('filter')?.node('where')
  const withinNode = node.node('within_group')
  const withinItems = within.length > 0 ? within : (withinNode?.nodes('orderby') ?? [])
  const window = over === undefined ? undefined : windowOf(over, t)
  const nulls = nullTreatment(node)
  return {
    name,
    args: list.concat(
      typeof separator === 'object' && separator.isArgument ? [separator.node] : [],
    ),
    distinct: isDistinct,
    ...(order.length === 0 ? {} : { orderBy: orderBy(order, t) }),
    ...(withinItems.length === 0 ? {} : { withinGroup: orderBy(withinItems, t) }),
    ...(filterNode === undefined ? {} : { filter: condition(filterNode, t) }),
    ...(window === undefined ? {} : { window }),
    ...(nulls === undefined ? {} : { nullTreatment: nulls }),
    ...(separator === undefined || separator.isArgument ? {} : { separator: separator.node }),
    translation: t,
    value: (index) => argument(list, separator, index, t, value),
    condition: (index) => argument(list, separator, index, t, condition),
  }
}

type Separator = { readonly node: ForeignNode; readonly isArgument: boolean } | undefined

function argument(
  list: readonly ForeignNode[],
  separator: Separator,
  index: number,
  t: Translation,
  as: (node: ForeignNode, t: Translation) => Expression,
): Expression {
  const node = list[index] ?? (separator?.isArgument === true ? separator.node : undefined)
  if (node === undefined) throw notSupported('a call with too few arguments', t)
  return as(node, t)
}

/** The second argument of STRING_AGG, or what follows SEPARATOR. */
function separatorOf(args: ForeignNode | undefined): Separator {
  const separator = args?.node('separator')
  if (separator === undefined) return undefined
  const delimiter = separator.node('delimiter')
  if (delimiter !== undefined) return { node: delimiter, isArgument: true }
  const word = separator.node('value')
  return word === undefined ? undefined : { node: word, isArgument: false }
}

function argumentsOf(args: ForeignNode | undefined): readonly ForeignNode[] {
  if (args === undefined) return []
  const single = args.node('expr')
  if (single !== undefined) {
    if (single.type === 'star') return []
    // count(distinct a, b) has a list
    return single.type === 'expr_list' && !single.isParenthesised ? single.nodes('value') : [single]
  }
  const items = args.type === 'expr_list' || args.has('value') ? args.nodes('value') : []
  // POSITION(a IN b)
  return items.filter(
    (item) => item.type !== 'star' && !(item.type === 'origin' && item.value('value') === 'in'),
  )
}

function nullTreatment(node: ForeignNode): 'IGNORE' | 'RESPECT' | undefined {
  const consider = node.value('consider_nulls')
  const text = typeof consider === 'string' ? consider : ''
  return /ignore/i.test(text) ? 'IGNORE' : /respect/i.test(text) ? 'RESPECT' : undefined
}
