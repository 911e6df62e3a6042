import type { TableFunctionArgumentSpec } from '../pipeline.js'

/** For each argument the partition that takes part, or undefined: none of its rows do. */
export type Combination<P> = readonly (P | undefined)[]

/**
 * What processors run over: partitions of copartitioned arguments with equal keys together, and these and the partitions of
 * other arguments each with each. An argument that is PRUNE WHEN EMPTY drops the combinations in which it has no rows.
 * @param partitions of each argument
 * @source Trino ImplementTableFunctionSource: the joins that it plans
 */
export function* combinationsOf<P extends { readonly key: string }>(
  partitions: readonly (readonly P[])[],
  specs: readonly Pick<TableFunctionArgumentSpec, 'pruneWhenEmpty'>[],
  copartitions: readonly (readonly number[])[],
): Generator<Combination<P>, void> {
  const together = new Set(copartitions.flat())
  const alone = specs.flatMap((_, i) => (together.has(i) ? [] : [[i]]))
  const groups = [...copartitions, ...alone].map((members) => ({
    members,
    cells: cellsOf(members, partitions, specs),
  }))
  const chosen: (P | undefined)[] = specs.map(() => undefined)
  function* choose(group: number): Generator<Combination<P>, void> {
    const current = groups[group]
    if (current === undefined) {
      yield [...chosen]
      return
    }
    for (const cell of current.cells) {
      current.members.forEach((member, i) => {
        chosen[member] = cell[i]
      })
      yield* choose(group + 1)
    }
  }
  yield* choose(0)
}

/** For some arguments, the partitions that stand together: by key, or each alone where it is one argument. */
function cellsOf<P extends { readonly key: string }>(
  members: readonly number[],
  partitions: readonly (readonly P[])[],
  specs: readonly Pick<TableFunctionArgumentSpec, 'pruneWhenEmpty'>[],
): readonly (readonly (P | undefined)[])[] {
  const byKey = new Map<string, (P | undefined)[]>()
  members.forEach((member, i) => {
    for (const partition of partitions[member]!) {
      let cell = byKey.get(partition.key)
      if (cell === undefined) {
        cell = members.map(() => undefined)
        byKey.set(partition.key, cell)
      }
      cell[i] = partition
    }
  })
  const prunes = members.map((member) => specs[member]!.pruneWhenEmpty)
  if (byKey.size === 0) return prunes.some(Boolean) ? [] : [members.map(() => undefined)]
  return [...byKey.values()].filter((cell) =>
    cell.every((partition, i) => partition !== undefined || !prunes[i]),
  )
}
