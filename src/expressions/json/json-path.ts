import { invalidArgument } from '../errors.js'
import type { JsonNode } from './json-node.js'

/** A step of the paths of json_extract: a key, an index, or everything. */
type Step = { readonly key: string } | { readonly wildcard: true }

const paths = new Map<string, readonly Step[]>()

const STEP =
  /\.\.?\s*([\p{L}_$][\p{L}\p{N}_$-]*|\*|\d+)|\[\s*(?:(\d+)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\*)|([\p{L}_][\p{L}\p{N}_]*))\s*\]/uy

/** Parses `$.a.b[0]["c d"]`. @throws INVALID_FUNCTION_ARGUMENT @source Trino JsonPathTokenizer */
export function parseJsonPath(path: string): readonly Step[] {
  const known = paths.get(path)
  if (known !== undefined) return known
  const bad = () => invalidArgument(`Invalid JSON path: '${path}'`)
  if (path === '') bad()
  const steps: Step[] = []
  let at = path.startsWith('$') ? 1 : 0
  const text = at === 0 ? `.${path}` : path
  at = at === 0 && path.startsWith('[') ? 1 : at
  while (at < text.length) {
    STEP.lastIndex = at
    const match = STEP.exec(text)
    if (match === null) return bad()
    const key = match[1] ?? match[2] ?? unescaped(match[3] ?? match[4]) ?? match[5] ?? match[6]!
    steps.push(match[5] !== undefined || match[1] === '*' ? { wildcard: true } : { key })
    at = STEP.lastIndex
  }
  if (paths.size > 1000) paths.clear()
  paths.set(path, steps)
  return steps
}

const unescaped = (text: string | undefined): string | undefined => text?.replace(/\\(.)/g, '$1')

/** The node a path leads to, or undefined where there is none. */
export function extractPath(node: JsonNode, path: string): JsonNode | undefined {
  let current: JsonNode | undefined = node
  for (const step of parseJsonPath(path)) {
    if (current === undefined) return undefined
    if ('wildcard' in step) {
      return invalidArgument(`Invalid JSON path: '${path}'`)
    }
    if (Array.isArray(current)) {
      if (!/^\d+$/.test(step.key)) return undefined
      current = current[Number(step.key)]
    } else if (current instanceof Map) current = current.get(step.key)
    else return undefined
  }
  return current
}
