import { invalidArgument } from '../errors.js'

/** Keys and indexes, by the text of the path. */
const paths = new Map<string, readonly string[]>()

const STEP =
  /\.\.?\s*([\p{L}_$][\p{L}\p{N}_$-]*|\*|\d+)|\[\s*(?:(\d+)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\*)|([\p{L}_][\p{L}\p{N}_]*))\s*\]/uy

/** Parses `$.a.b[0]["c d"]`. @throws INVALID_FUNCTION_ARGUMENT @source Trino JsonPathTokenizer */
export function parseJsonPath(path: string): readonly string[] {
  const known = paths.get(path)
  if (known !== undefined) return known
  const bad = () => invalidArgument(`Invalid JSON path: '${path}'`)
  if (!path.startsWith('$')) bad()
  const steps: string[] = []
  let at = 1
  while (at < path.length) {
    STEP.lastIndex = at
    const match = STEP.exec(path)
    if (match === null) return bad()
    const key = match[1] ?? match[2] ?? unescaped(match[3] ?? match[4]) ?? match[5] ?? match[6]!
    if (match[5] !== undefined || match[1] === '*' || match[0].startsWith('..')) bad()
    steps.push(key)
    at = STEP.lastIndex
  }
  if (paths.size > 1000) paths.clear()
  paths.set(path, steps)
  return steps
}

const unescaped = (text: string | undefined): string | undefined => text?.replace(/\\(.)/g, '$1')
