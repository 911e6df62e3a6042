/** What profiles call whoever compiles a kernel: an operator and the plan node that it comes from. */
export interface KernelOwner {
  readonly name: string
  readonly planNodeId: string
}

const NAME_MAX = 120
let owner: KernelOwner | undefined

/** Says whose kernels this thread compiles from here on. */
export function setKernelOwner(next: KernelOwner): void {
  owner = next
}

/**
 * A name for a kernel in the letters that a URL takes as they are: `filterProject-12-` and the rest. Kernels are shared by all nodes
 * with the same code: the owner is the one that needed it first.
 */
export function ownedName(rest: string): string {
  const given = owner === undefined ? rest : `${owner.name} ${owner.planNodeId} ${rest}`
  return given
    .replaceAll(/[^\w.]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, NAME_MAX)
}
