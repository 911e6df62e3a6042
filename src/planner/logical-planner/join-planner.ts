import type { Expression } from '../../expressions/ir.js'
import { and, coalesce, coerce, conjuncts, TRUE } from '../../expressions/ir-build.js'
import { collectSymbols } from '../../expressions/ir-walk.js'
import { MillraceError } from '../../spi/index.js'
import type { BoundJoin, BoundUnnest } from '../analyzer/bound.js'
import { freeSymbols } from '../analyzer/bound-walk.js'
import type { JoinCriterion, JoinNode, PlanNode } from '../plan/node.js'
import { type PlanSymbol, symbolReference } from '../plan/symbol.js'
import {
  filter,
  identity,
  type PlannerState,
  project,
  projectSymbols,
  type RelationPlan,
  type SubPlan,
  uniqueSymbols,
} from './sub-plan.js'
import { hasSubquery, isSubquery, type PlanRelation, planSubqueries } from './subquery-planner.js'
import { type OuterReferences, outerReferences, translate, translationOf } from './translation.js'
import { planUnnest } from './unnest-planner.js'

export function planJoin(
  state: PlannerState,
  join: BoundJoin,
  outer: OuterReferences | undefined,
  planRelation: PlanRelation,
): RelationPlan {
  const left = planRelation(state, join.left, outer)
  if (join.lateral && (join.type === 'inner' || join.type === 'left')) {
    return planLateral(state, join, left, outer, planRelation)
  }
  const right = planRelation(state, join.right, outer)
  return join.using === undefined
    ? planOn(state, join, left, right, outer, planRelation)
    : planUsing(state, join, left, right, outer)
}

/** The right side is run for each row of the left one. */
function planLateral(
  state: PlannerState,
  join: BoundJoin,
  left: RelationPlan,
  outer: OuterReferences | undefined,
  planRelation: PlanRelation,
): RelationPlan {
  const translation = translationOf(join.left.fields, left.symbols, outer)
  const input: SubPlan = { node: left.node, translation }
  if (join.right.kind === 'unnest') {
    return planUnnestJoin(state, join, join.right, input, left, planRelation)
  }
  const references = outerReferences(translation)
  const right = planRelation(state, join.right, references)
  const symbols = [...left.symbols, ...right.symbols]
  const condition = join.condition ?? TRUE
  const joined = translationOf(join.fields, symbols, outer)
  const node: PlanNode = {
    kind: 'correlatedJoin',
    id: state.ids.next(),
    type: join.type,
    input: left.node,
    subquery: right.node,
    correlation: [...references.used.values()],
    filter: join.type === 'left' ? translate(condition, joined) : TRUE,
    ...(join.lateralLocation === undefined
      ? {}
      : {
          origin: { location: join.lateralLocation, conditional: conjuncts(condition).length > 0 },
        }),
  }
  if (join.type === 'left') return { node, symbols }
  const withSubqueries = planSubqueries(
    state,
    { node, translation: joined },
    [condition],
    planRelation,
  )
  return { node: filter(state, withSubqueries, condition).node, symbols }
}

function planUnnestJoin(
  state: PlannerState,
  join: BoundJoin,
  unnest: BoundUnnest,
  input: SubPlan,
  left: RelationPlan,
  planRelation: PlanRelation,
): RelationPlan {
  const type = join.type === 'left' ? 'left' : 'inner'
  const planned = planUnnest(state, unnest, input, uniqueSymbols(left.symbols), type, planRelation)
  const symbols = [...left.symbols, ...planned.symbols]
  const plan: SubPlan = {
    node: planned.node,
    translation: translationOf(join.fields, symbols, input.translation.outer),
  }
  return { node: filter(state, plan, join.condition).node, symbols }
}

interface Sides {
  readonly left: ReadonlySet<string>
  readonly right: ReadonlySet<string>
}
type Side = 'left' | 'right' | 'both' | 'none'

/** Which side's fields an expression reads, those its subqueries read included. */
function sideOf(state: PlannerState, expression: Expression, sides: Sides): Side {
  let reads: Side = 'none'
  const note = (name: string): void => {
    const side = sides.left.has(name) ? 'left' : sides.right.has(name) ? 'right' : undefined
    if (side !== undefined && reads !== side) reads = reads === 'none' ? side : 'both'
  }
  const visit = (part: Expression): void => {
    for (const name of collectSymbols(part).keys()) {
      const call = state.calls.get(name)
      if (call?.kind === 'asyncCall') call.args.forEach(visit)
      else if (call === undefined || !isSubquery(call)) note(name)
      else {
        for (const symbol of freeSymbols(call.query, state)) note(symbol.name)
        if ('value' in call) for (const inner of collectSymbols(call.value).keys()) note(inner)
      }
    }
  }
  visit(expression)
  return reads
}

/** The parts of an ON condition. */
interface Conditions {
  /** left = right, each over its own side. */
  readonly equalities: readonly { readonly left: Expression; readonly right: Expression }[]
  readonly others: readonly Expression[]
}

function splitCondition(
  state: PlannerState,
  condition: Expression | undefined,
  sides: Sides,
): Conditions {
  const equalities: { left: Expression; right: Expression }[] = []
  const others: Expression[] = []
  for (const term of condition === undefined ? [] : conjuncts(condition)) {
    if (term.kind === 'comparison' && term.operator === '=') {
      const first = sideOf(state, term.left, sides)
      const second = sideOf(state, term.right, sides)
      if (first === 'left' && second === 'right') {
        equalities.push({ left: term.left, right: term.right })
        continue
      }
      if (first === 'right' && second === 'left') {
        equalities.push({ left: term.right, right: term.left })
        continue
      }
    }
    others.push(term)
  }
  return { equalities, others }
}

function planOn(
  state: PlannerState,
  join: BoundJoin,
  left: RelationPlan,
  right: RelationPlan,
  outer: OuterReferences | undefined,
  planRelation: PlanRelation,
): RelationPlan {
  const sides: Sides = {
    left: new Set(join.left.fields.map((f) => f.id)),
    right: new Set(join.right.fields.map((f) => f.id)),
  }
  const { equalities, others } = splitCondition(state, join.condition, sides)
  let leftPlan: SubPlan = {
    node: left.node,
    translation: translationOf(join.left.fields, left.symbols, outer),
  }
  let rightPlan: SubPlan = {
    node: right.node,
    translation: translationOf(join.right.fields, right.symbols, outer),
  }
  for (const term of [...equalities.flatMap((e) => [e.left, e.right]), ...others]) {
    if (!hasSubquery(state, term)) continue
    const side = sideOf(state, term, sides)
    if (side === 'right') rightPlan = planSubqueries(state, rightPlan, [term], planRelation)
    else if (side !== 'both') leftPlan = planSubqueries(state, leftPlan, [term], planRelation)
    else if (join.type !== 'inner') throw unsupportedSubquery()
  }
  const leftKeys = projectSymbols(
    state,
    leftPlan,
    equalities.map((e) => e.left),
  )
  const rightKeys = projectSymbols(
    state,
    rightPlan,
    equalities.map((e) => e.right),
  )
  const criteria = leftKeys.symbols.map(
    (symbol, i): JoinCriterion => ({ left: symbol, right: rightKeys.symbols[i]! }),
  )
  const symbols = [...left.symbols, ...right.symbols]
  const translation = {
    ...translationOf(join.fields, symbols, outer),
    symbols: new Map([...rightKeys.plan.translation.symbols, ...leftKeys.plan.translation.symbols]),
  }
  const added = (plan: SubPlan, names: readonly PlanSymbol[]) =>
    uniqueSymbols([...names, ...plan.translation.symbols.values()])
  const node: JoinNode = {
    kind: 'join',
    id: state.ids.next(),
    type: join.type,
    left: leftKeys.plan.node,
    right: rightKeys.plan.node,
    criteria,
    ...(join.type === 'inner' || others.length === 0
      ? {}
      : { filter: translate(and(others), translation) }),
    leftOutputs: added(leftKeys.plan, left.symbols),
    rightOutputs: added(rightKeys.plan, right.symbols),
  }
  if (join.type !== 'inner' || others.length === 0) return { node, symbols }
  const planned = planSubqueries(state, { node, translation }, others, planRelation)
  return { node: filter(state, planned, and(others)).node, symbols }
}

const unsupportedSubquery = (): MillraceError =>
  new MillraceError(
    'NOT_SUPPORTED',
    'Subqueries and asynchronous calls over both sides of an outer join in its condition are not supported',
  )

/** The columns of USING come first, each in the common type of both sides. */
function planUsing(
  state: PlannerState,
  join: BoundJoin,
  left: RelationPlan,
  right: RelationPlan,
  outer: OuterReferences | undefined,
): RelationPlan {
  const using = join.using!
  const side = (plan: RelationPlan, fields: BoundJoin['fields'], which: 'left' | 'right') =>
    projectSymbols(
      state,
      { node: plan.node, translation: translationOf(fields, plan.symbols, outer) },
      using.map((u): Expression => {
        const f = u[which]
        return coerce({ kind: 'symbol', name: f.id, type: f.type }, u.field.type)
      }),
    )
  const leftKeys = side(left, join.left.fields, 'left')
  const rightKeys = side(right, join.right.fields, 'right')
  const leftOutputs = uniqueSymbols([...left.symbols, ...leftKeys.symbols])
  const rightOutputs = uniqueSymbols([...right.symbols, ...rightKeys.symbols])
  const node: JoinNode = {
    kind: 'join',
    id: state.ids.next(),
    type: join.type,
    left: leftKeys.plan.node,
    right: rightKeys.plan.node,
    criteria: leftKeys.symbols.map((symbol, i) => ({
      left: symbol,
      right: rightKeys.symbols[i]!,
    })),
    leftOutputs,
    rightOutputs,
  }
  const joinedIds = new Set(using.flatMap((u) => [u.left.id, u.right.id]))
  const rest = [
    ...left.symbols.filter((_, i) => !joinedIds.has(join.left.fields[i]!.id)),
    ...right.symbols.filter((_, i) => !joinedIds.has(join.right.fields[i]!.id)),
  ]
  if (join.type === 'inner' || join.type === 'left') {
    return { node, symbols: [...leftKeys.symbols, ...rest] }
  }
  const merged = using.map((u) => state.symbols.newSymbol(u.field.name ?? 'expr', u.field.type))
  const assignments = [
    ...merged.map((symbol, i) => ({
      symbol,
      expression: coalesce([
        symbolReference(leftKeys.symbols[i]!),
        symbolReference(rightKeys.symbols[i]!),
      ]),
    })),
    ...uniqueSymbols(rest).map(identity),
  ]
  return { node: project(state, node, assignments), symbols: [...merged, ...rest] }
}
