import type { Expression } from '../../expressions/ir.js'
import { caseWhen, comparison, constant } from '../../expressions/ir-build.js'
import { expressionKey } from '../../expressions/ir-walk.js'
import { BIGINT, type SqlType } from '../../spi/index.js'
import type { BoundGrouping, BoundGroupingOperation } from '../analyzer/bound.js'
import { outputsOf } from '../plan/structure.js'
import { type PlanSymbol, symbolReference } from '../plan/symbol.js'
import { identity, type PlannerState, project, type SubPlan } from './sub-plan.js'

/** GROUPING(a, b): for each grouping set a number with a bit for every argument that is not in it, the last one lowest. */
export function planGroupingOperations(
  state: PlannerState,
  plan: SubPlan,
  grouping: BoundGrouping,
  operations: readonly BoundGroupingOperation[],
  groupId: PlanSymbol | undefined,
): SubPlan {
  if (operations.length === 0) return plan
  const positions = new Map(grouping.keys.map((key, i) => [expressionKey(key), i]))
  const symbols = new Map(plan.translation.symbols)
  const assignments = outputsOf(plan.node).map(identity)
  for (const operation of operations) {
    const args = operation.arguments.map((argument) => positions.get(expressionKey(argument))!)
    const values = grouping.sets.map((set) =>
      args.reduce((bits, position) => bits * 2n + (set.includes(position) ? 0n : 1n), 0n),
    )
    const symbol = state.symbols.newSymbol('grouping', operation.type)
    assignments.push({ symbol, expression: bySet(values, operation.type, groupId) })
    symbols.set(operation.id, symbol)
  }
  return {
    node: project(state, plan.node, assignments),
    translation: { ...plan.translation, symbols },
  }
}

function bySet(
  values: readonly bigint[],
  type: SqlType,
  groupId: PlanSymbol | undefined,
): Expression {
  const literal = (value: bigint) => constant(type, type.kind === 'bigint' ? value : Number(value))
  const last = literal(values[values.length - 1]!)
  if (groupId === undefined || values.every((value) => value === values[0])) return last
  return caseWhen(
    values.slice(0, -1).map((value, i) => ({
      condition: comparison('=', symbolReference(groupId), constant(BIGINT, BigInt(i))),
      result: literal(value),
    })),
    last,
  )
}
