import type { Statement } from '../parser/ast/index.js'

/** The number of `?` in a statement. */
export function parameterCount(statement: Statement): number {
  let count = 0
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    if ('kind' in value && value.kind === 'parameter') count++
    for (const [name, part] of Object.entries(value)) if (name !== 'location') visit(part)
  }
  visit(statement)
  return count
}
