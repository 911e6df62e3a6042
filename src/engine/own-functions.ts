import type { PlanNode } from '../planner/plan/node.js'

/** Whether a value of a plan, plain data throughout, has a resolved function of one of these names in it. */
const callsOneOf = (value: unknown, names: ReadonlySet<string>): boolean => {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  if (Array.isArray(value)) return value.some((item) => callsOneOf(item, names))
  if ('argumentTypes' in value && 'name' in value && names.has(String(value.name))) return true
  return Object.values(value).some((item) => callsOneOf(item, names))
}

/** Functions that the program registered. Their code cannot travel: what calls them stays in the calling thread. */
export class OwnFunctions {
  readonly #names = new Set<string>()

  add(names: readonly string[]): void {
    for (const name of names) this.#names.add(name)
  }

  /** O(plan), and nothing while there are none. */
  areCalledBy(plan: PlanNode): boolean {
    return this.#names.size > 0 && callsOneOf(plan, this.#names)
  }
}
