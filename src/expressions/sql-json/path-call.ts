import { MillraceError } from '../../spi/error.js'
import type { SqlType } from '../../spi/type.js'
import type { Value } from '../../spi/value.js'
import type { JsonNode } from '../json/json-node.js'
import type { SessionContext } from '../session-context.js'
import { evaluatePath } from './evaluate-path.js'
import { type JsonEncoding, jsonInput, jsonItemOf } from './json-input.js'
import { parseSqlJsonPath } from './path.js'

/** What a SQL/JSON function is told beside its values, as the JSON text of its third argument. */
export interface PathOptions {
  readonly format: JsonEncoding
  /** Names of the values passed to the path; with a format their texts are JSON. */
  readonly passing: readonly { readonly name: string; readonly format?: JsonEncoding }[]
  readonly emptyBehavior?: string
  readonly errorBehavior: string
  readonly wrapper?: 'WITHOUT' | 'CONDITIONAL' | 'UNCONDITIONAL'
  readonly omitQuotes?: boolean
}

const options = new Map<string, PathOptions>()
const OPTIONS_MAX = 1000

export function pathOptions(text: string): PathOptions {
  let found = options.get(text)
  if (found === undefined) {
    found = JSON.parse(text) as PathOptions
    if (options.size >= OPTIONS_MAX) options.clear()
    options.set(text, found)
  }
  return found
}

export type PathRunner = (
  input: string | Uint8Array,
  path: string,
  options: PathOptions,
  passing: Value,
) => readonly JsonNode[]

/** The values passed to paths, by name, of a row of a type. */
export function pathVariables(
  passingType: SqlType,
  session: SessionContext,
): (passing: PathOptions['passing'], values: Value) => ReadonlyMap<string, JsonNode> {
  const items =
    passingType.kind === 'row' ? passingType.fields.map((f) => jsonItemOf(f.type, session)) : []
  return (passing, values) =>
    new Map(
      passing.map(({ name, format }, i): [string, JsonNode] => {
        const value = (values as readonly Value[])[i] ?? null
        const isJson = format !== undefined && value !== null
        return [name, isJson ? jsonInput(value as string | Uint8Array, format) : items[i]!(value)]
      }),
    )
}

/** Evaluates paths for a call whose passed values have the fields of a row type. */
export function pathRunner(passingType: SqlType, session: SessionContext): PathRunner {
  const variablesOf = pathVariables(passingType, session)
  return (input, path, { format, passing }, values) => {
    const context = jsonInput(input, format)
    return evaluatePath(parseSqlJsonPath(path), {
      context,
      variables: variablesOf(passing, values),
    })
  }
}

const HANDLED = new Set([
  'PATH_EVALUATION_ERROR',
  'JSON_INPUT_CONVERSION_ERROR',
  'JSON_OUTPUT_CONVERSION_ERROR',
  'JSON_VALUE_RESULT_ERROR',
])

/** Whether an ON ERROR clause is about this error. */
export const isJsonError = (error: unknown): boolean =>
  error instanceof MillraceError && HANDLED.has(error.code)
