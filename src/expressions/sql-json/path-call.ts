import { MillraceError } from '../../spi/error.js'
import type { SqlType } from '../../spi/type/type.js'
import type { Value } from '../../spi/type/value.js'
import { evaluatePath } from './evaluate-path.js'
import { type JsonEncoding, jsonInput } from './json-input.js'
import { parseSqlJsonPath } from './path.js'
import { type PathItem, sqlItem } from './path-item.js'

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
) => readonly PathItem[]

/** The values passed to paths, by name, of a row of a type. */
export function pathVariables(
  passingType: SqlType,
): (passing: PathOptions['passing'], values: Value) => ReadonlyMap<string, PathItem> {
  const types = passingType.kind === 'row' ? passingType.fields.map((f) => f.type) : []
  return (passing, values) =>
    new Map(
      passing.map(({ name, format }, i): [string, PathItem] => {
        const value = (values as readonly Value[])[i] ?? null
        if (value === null) return [name, null]
        if (format === undefined) return [name, sqlItem(types[i]!, value)]
        return [name, jsonInput(value as string | Uint8Array, format)]
      }),
    )
}

/** Evaluates paths for a call whose passed values have the fields of a row type. */
export function pathRunner(passingType: SqlType): PathRunner {
  const variablesOf = pathVariables(passingType)
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
