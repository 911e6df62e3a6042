import type { ForeignNode } from './foreign-node.js'

/** The name of a function in lower case, parts joined by dots. */
export function callName(node: ForeignNode): string {
  const name = node.value('name')
  if (typeof name === 'string') return name.toLowerCase()
  const inner = node.node('name')
  if (inner === undefined) return ''
  const part = (item: ForeignNode | undefined): readonly string[] => {
    const text = item?.value('value')
    return typeof text === 'string' ? [text] : []
  }
  return [...part(inner.node('schema')), ...inner.nodes('name').flatMap(part)]
    .join('.')
    .toLowerCase()
}
