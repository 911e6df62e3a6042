import type { PlanFragment } from '../../planner/plan/fragment.js'
import type { PlanNode } from '../../planner/plan/node.js'
import { sourcesOf } from '../../planner/plan/structure.js'
import {
  type Domain,
  type DynamicFilter,
  EMPTY_DYNAMIC_FILTER,
  tupleDomain,
  uniteDomains,
} from '../../spi/index.js'
import type { TaskStatus } from '../task/task-request.js'
import type { SplitOrigin } from './split-origins.js'

/** How long a stage waits for filters of its scans, at most: what it read meanwhile would wait for the same joins. */
const WAIT_MILLIS = 1000

/** A filter that joins of one stage make for scans of others. */
interface StageFilter {
  readonly madeBy: number
  readonly taskCount: number
  /** What each task has found, by its id. */
  readonly parts: Map<string, Domain>
  /** Of all tasks, since when it is known. */
  domain: Domain | undefined
}

export interface StageFilterSnapshot {
  readonly id: string
  /** Came before the stage began; otherwise at most its splits were chosen by it. */
  readonly isInTime: boolean
}

/**
 * Dynamic filters between stages: what the builds of joins say of their keys, task by task, put together for the scans of other
 * stages. These begin when they have it, or after a while without; answers are the same.
 * @source Trino DynamicFilterService
 */
export class StageFilters {
  readonly #filters = new Map<string, StageFilter>()
  /** Ids of the filters that scans of each fragment use and others make. */
  readonly #usedBy: readonly (readonly string[])[]
  readonly #begun = new Map<number, Readonly<Record<string, Domain>>>()
  #waiting: (() => void)[] = []

  /** @param taskCounts of the fragments, by their ids */
  constructor(fragments: readonly PlanFragment[], taskCounts: readonly number[]) {
    const made = fragments.map(({ root }) => new Set(madeIn(root)))
    this.#usedBy = fragments.map(({ id, root }) =>
      usedIn(root).filter((filter) => !made[id]!.has(filter)),
    )
    for (const filter of new Set(this.#usedBy.flat())) {
      const madeBy = made.findIndex((ids) => ids.has(filter))
      if (madeBy < 0) continue
      const taskCount = taskCounts[madeBy]!
      this.#filters.set(filter, { madeBy, taskCount, parts: new Map(), domain: undefined })
    }
  }

  /** The filters that tasks of a fragment tell of. */
  toldBy(fragment: number): readonly string[] {
    return [...this.#filters].flatMap(([id, { madeBy }]) => (madeBy === fragment ? [id] : []))
  }

  heard({ taskId, filters }: TaskStatus): void {
    if (filters === undefined) return
    for (const [id, part] of Object.entries(filters)) {
      const filter = this.#filters.get(id)
      if (filter === undefined || filter.domain !== undefined) continue
      if (part === null) this.#filters.delete(id)
      else filter.parts.set(taskId, part)
      if (part !== null && filter.parts.size < filter.taskCount) continue
      if (part !== null) filter.domain = [...filter.parts.values()].reduce(uniteDomains)
      for (const wake of this.#waiting.splice(0)) wake()
    }
  }

  /** Whether a fragment's scans have to wait. */
  isAwaitedBy(fragment: number): boolean {
    return this.#usedBy[fragment]!.some((id) => {
      const filter = this.#filters.get(id)
      return filter !== undefined && filter.domain === undefined
    })
  }

  /** Resolves with the filters that a fragment's tasks begin with. Never rejects. */
  async begin(fragment: number, signal: AbortSignal): Promise<Readonly<Record<string, Domain>>> {
    const until = performance.now() + WAIT_MILLIS
    while (this.isAwaitedBy(fragment) && !signal.aborted) {
      const restMillis = until - performance.now()
      if (restMillis <= 0) break
      await this.#change(restMillis, signal)
    }
    const known = Object.fromEntries(
      this.#usedBy[fragment]!.flatMap((id) => {
        const domain = this.#filters.get(id)?.domain
        return domain === undefined ? [] : [[id, domain]]
      }),
    )
    this.#begun.set(fragment, known)
    return known
  }

  /** What is known now for the splits of a scan. */
  dynamicFilter({ dynamicFilters }: SplitOrigin): DynamicFilter {
    const known = dynamicFilters.flatMap(({ id, column }) => {
      const domain = this.#filters.get(id)?.domain
      return domain === undefined ? [] : [{ column, domain }]
    })
    if (known.length === 0) return EMPTY_DYNAMIC_FILTER
    const predicate = tupleDomain<unknown>(known)
    return {
      columnsCovered: known.map(({ column }) => column),
      isBlocked: () => Promise.resolve(),
      isComplete: () => true,
      isAwaitable: () => false,
      getCurrentPredicate: () => predicate,
    }
  }

  snapshot(fragment: number): readonly StageFilterSnapshot[] {
    const begun = this.#begun.get(fragment) ?? {}
    return this.#usedBy[fragment]!.filter((id) => this.#filters.has(id)).map((id) => ({
      id,
      isInTime: id in begun,
    }))
  }

  #change(millis: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, millis)
      signal.addEventListener('abort', done, { once: true })
      this.#waiting.push(done)
    })
  }
}

function madeIn(node: PlanNode): readonly string[] {
  const own =
    node.kind === 'join' || node.kind === 'semiJoin'
      ? [...(node.dynamicFilters ?? []), ...(node.probeFilters ?? [])].map(({ id }) => id)
      : []
  return [...own, ...sourcesOf(node).flatMap(madeIn)]
}

function usedIn(node: PlanNode): readonly string[] {
  const own = node.kind === 'tableScan' ? (node.dynamicFilters ?? []).map(({ id }) => id) : []
  return [...own, ...sourcesOf(node).flatMap(usedIn)]
}
