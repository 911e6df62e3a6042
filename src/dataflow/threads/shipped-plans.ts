import type { LocalPlan } from '../pipeline.js'

/** Plans that a thread keeps; the one used longest ago goes first. */
const PLANS_MAX = 64

let newestId = 0
const ids = new WeakMap<LocalPlan, number>()

/** The number by which threads know a plan. */
export function planId(plan: LocalPlan): number {
  let id = ids.get(plan)
  if (id === undefined) {
    id = ++newestId
    ids.set(plan, id)
  }
  return id
}

/** What the calling thread knows of the plans that another one keeps: a plan that runs again is posted once. */
export class ShippedPlans {
  readonly #ids = new Set<number>()

  /** @returns whether the thread has to be sent the plan, and which one it is to forget for that */
  use(id: number): { readonly isNew: boolean; readonly forgotten?: number } {
    const isNew = !this.#ids.delete(id)
    this.#ids.add(id)
    if (this.#ids.size <= PLANS_MAX) return { isNew }
    const [oldest] = this.#ids
    this.#ids.delete(oldest!)
    return { isNew, forgotten: oldest! }
  }
}
