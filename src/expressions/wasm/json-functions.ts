import { MillraceError } from '../../spi/index.js'
import type { CallExpression, Expression } from '../ir.js'
import { parseJsonPath } from '../json/json-path.js'
import { arrayLengthAt, type ScanStep, scalarAt, scanSteps, sizeAt } from '../json/json-scan.js'
import { constantText, ofTexts, type Recognized } from './column-recognition.js'
import { type JsonLookup, jsonLengths, jsonScalars } from './json-columns.js'

/** Which calls are look-ups in columns of JSON texts. */

/** The steps of a path; undefined where it is not constant, or none: that is refused where the call is evaluated. */
function stepsOf(e: Expression | undefined): readonly ScanStep[] | undefined {
  const path = constantText(e)
  if (path === undefined) return undefined
  try {
    return scanSteps(parseJsonPath(path))
  } catch (error) {
    if (error instanceof MillraceError) return undefined
    throw error
  }
}

export function jsonScalar(e: CallExpression): Recognized | undefined {
  const steps = stepsOf(e.args[1])
  const slow = (text: string) => scalarAt(text, steps!)
  return steps && lookup(e, e.args[0], { steps, wanted: 'scalar', slow })
}

export function jsonSize(e: CallExpression): Recognized | undefined {
  const steps = stepsOf(e.args[1])
  const slow = (text: string) => sizeAt(text, steps!)
  return steps && lookup(e, e.args[0], { steps, wanted: 'size', slow })
}

/** json_array_length() of texts, and of what json_extract() finds in texts. */
export function jsonArrayLength(e: CallExpression): Recognized | undefined {
  const [json] = e.args
  const isNested = json?.kind === 'call' && json.function.name === 'json_extract'
  const steps = isNested ? stepsOf(json.args[1]) : []
  const slow = (text: string) => arrayLengthAt(text, steps!)
  return steps && lookup(e, isNested ? json.args[0] : json, { steps, wanted: 'length', slow })
}

function lookup(
  e: CallExpression,
  json: Expression | undefined,
  found: JsonLookup,
): Recognized | undefined {
  const run = found.wanted === 'scalar' ? jsonScalars : jsonLengths
  return ofTexts(e, json, (type, block, arena) => run(found, type, block, arena))
}
