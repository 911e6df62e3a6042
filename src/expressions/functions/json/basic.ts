import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import {
  type FunctionDefinition,
  type ScalarOverload,
  scalarFunction,
} from '../../function-definition.js'
import { type JsonNode, readJson, writeJson } from '../../json/json-node.js'
import { parseJsonPath } from '../../json/json-path.js'
import {
  arrayLengthAt,
  elementAt,
  jsonAt,
  type ScanStep,
  scalarAt,
  scanSteps,
  sizeAt,
  someElement,
} from '../../json/json-scan.js'

export const jsonParse = scalarFunction({
  name: 'json_parse',
  description: 'The JSON value of a text',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'json',
      evaluate: (text: string) => {
        const node = readJson(text)
        if (node === undefined) return invalidArgument(`Cannot convert value to JSON: '${text}'`)
        return writeJson(node)
      },
    },
  ],
})

export const jsonFormat = scalarFunction({
  name: 'json_format',
  description: 'The text of a JSON value',
  overloads: [
    { args: ['json'], returns: 'varchar', neverFails: true, evaluate: (json: string) => json },
  ],
})

/** Of texts and of JSON, whose carrier is a text too: what is no JSON as far as it is read gives NULL. */
const onBoth = (
  rest: readonly string[],
  returns: string,
  evaluate: (text: string, ...rest: never[]) => Value,
): ScalarOverload[] =>
  ['varchar(x)', 'json'].map((type) => ({ args: [type, ...rest], returns, evaluate }))

/** A look-up by a path, whose steps are kept for the next row. @param returns by the type of the JSON */
const byPath = (
  returns: Readonly<Record<'varchar(x)' | 'json', string>>,
  find: (text: string, steps: readonly ScanStep[]) => Value,
): ScalarOverload[] =>
  (['varchar(x)', 'json'] as const).map((type) => ({
    args: [type, 'jsonpath'],
    returns: returns[type],
    bind: () => {
      let known: string | undefined
      let steps: readonly ScanStep[] = []
      return (text: string, path: string) => {
        if (path !== known) {
          steps = scanSteps(parseJsonPath(path))
          known = path
        }
        return find(text, steps)
      }
    },
  }))

const same = (type: string) => ({ 'varchar(x)': type, json: type })

const define = (
  name: string,
  description: string,
  overloads: readonly ScalarOverload[],
): FunctionDefinition => scalarFunction({ name, description, overloads })

const scalarsEqual = (node: JsonNode, value: Value): boolean => {
  if (typeof value === 'string') return node === value
  if (typeof value === 'bigint') return node === value
  if (typeof value === 'number') return typeof node === 'number' && node === value
  return node === value
}

export const jsonFunctions: readonly FunctionDefinition[] = [
  define('json_extract', 'The value that a path leads to', byPath(same('json'), jsonAt)),
  define(
    'json_extract_scalar',
    'The text of the scalar that a path leads to',
    byPath({ 'varchar(x)': 'varchar(x)', json: 'varchar' }, scalarAt),
  ),
  define(
    'json_size',
    'The number of elements or keys that a path leads to; 0 of a scalar',
    byPath(same('bigint'), sizeAt),
  ),
  define(
    'json_array_length',
    'The number of elements of an array',
    onBoth([], 'bigint', (text) => arrayLengthAt(text, [])),
  ),
  define(
    'json_array_get',
    'The element of an array at a position from 0, or from the end',
    // Strings lose their quotes, as in Trino, though they are no JSON then.
    onBoth(['bigint'], 'json', elementAt),
  ),
  define(
    'json_array_contains',
    'Tells whether an array has a value',
    ['boolean', 'bigint', 'double', 'varchar(y)'].flatMap((type) =>
      onBoth([type], 'boolean', (text, value: Value) =>
        // A number that is none is in no array, whatever the JSON is.
        typeof value === 'number' && !Number.isFinite(value)
          ? false
          : someElement(text, (element) => scalarsEqual(element, value)),
      ),
    ),
  ),
  define(
    'is_json_scalar',
    'Tells whether a JSON value is a scalar',
    onBoth([], 'boolean', (text) => {
      const node = readJson(text)
      if (node === undefined) return invalidArgument(`Invalid JSON value: ${text}`)
      return node === null || typeof node !== 'object'
    }),
  ),
]
