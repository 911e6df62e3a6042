/** The number of `?` in a syntax tree; those in the functions of a query are no parameters, and refused there. */
export function parameterCount(root: object): number {
  let count = 0
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const kind = 'kind' in value ? value.kind : undefined
    if (kind === 'parameter') count++
    for (const [name, part] of Object.entries(value)) {
      if (name !== 'location' && !(kind === 'query' && name === 'functions')) visit(part)
    }
  }
  visit(root)
  return count
}
