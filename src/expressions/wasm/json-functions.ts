import { MillraceError, type Value } from '../../spi/index.js'
import type { CallExpression, Expression } from '../ir.js'
import { readJson } from '../json/json-node.js'
import { extractPath, parseJsonPath } from '../json/json-path.js'
import { type ScanStep, scalarAt, scanSteps } from '../json/json-scan.js'
import { constantText, ofTexts, type Recognized } from './column-recognition.js'
import { type JsonLookup, jsonLengths, jsonScalars } from './json-columns.js'

/** Which calls are look-ups in columns of JSON texts. */

/** A path and its steps; undefined where it is not constant, or none: that is refused where the call is evaluated. */
function pathOf(
  e: Expression | undefined,
): { readonly path: string; readonly steps: readonly ScanStep[] } | undefined {
  const path = constantText(e)
  if (path === undefined) return undefined
  try {
    return { path, steps: scanSteps(parseJsonPath(path)) }
  } catch (error) {
    if (error instanceof MillraceError) return undefined
    throw error
  }
}

export function jsonScalar(e: CallExpression): Recognized | undefined {
  const known = pathOf(e.args[1])
  if (known === undefined) return undefined
  const { steps } = known
  const slow = (text: string) => scalarAt(text, steps)
  return lookup(e, e.args[0], { steps, wanted: 'scalar', slow })
}

/** json_array_length() of texts, and of what json_extract() finds in texts. */
export function jsonArrayLength(e: CallExpression): Recognized | undefined {
  const [json] = e.args
  if (json?.type.kind === 'varchar') return lookup(e, json, lengthOf('$', []))
  if (json?.kind !== 'call' || json.function.name !== 'json_extract') return undefined
  const known = pathOf(json.args[1])
  return known && lookup(e, json.args[0], lengthOf(known.path, known.steps))
}

const lengthOf = (path: string, steps: readonly ScanStep[]): JsonLookup => ({
  steps,
  wanted: 'length',
  slow: (text) => {
    const found = nodeAt(text, path)
    return Array.isArray(found) ? BigInt(found.length) : null
  },
})

export function jsonSize(e: CallExpression): Recognized | undefined {
  const known = pathOf(e.args[1])
  if (known === undefined) return undefined
  const slow = (text: string): Value => {
    const found = nodeAt(text, known.path)
    if (found === undefined) return null
    if (Array.isArray(found)) return BigInt(found.length)
    return found instanceof Map ? BigInt(found.size) : 0n
  }
  return lookup(e, e.args[0], { steps: known.steps, wanted: 'size', slow })
}

function nodeAt(text: string, path: string): ReturnType<typeof extractPath> {
  const node = readJson(text)
  return node === undefined ? undefined : extractPath(node, path)
}

function lookup(
  e: CallExpression,
  json: Expression | undefined,
  found: JsonLookup,
): Recognized | undefined {
  const run = found.wanted === 'scalar' ? jsonScalars : jsonLengths
  return ofTexts(e, json, (type, block, arena) => run(found, type, block, arena))
}
