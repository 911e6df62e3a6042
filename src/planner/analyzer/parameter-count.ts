/** The number of `?` in a syntax tree. */
export function parameterCount(root: object): number {
  let count = 0
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    if ('kind' in value && value.kind === 'parameter') count++
    for (const [name, part] of Object.entries(value)) if (name !== 'location') visit(part)
  }
  visit(root)
  return count
}
