import type { Value } from '../../../spi/type/value.js'
import { javaDoubleText } from '../../../values/number-text.js'
import { invalidArgument } from '../../errors.js'
import {
  type FunctionDefinition,
  type ScalarOverload,
  scalarFunction,
} from '../../function-definition.js'
import {
  type JsonNode,
  nodeOfJson,
  readJson,
  readJsonAsWritten,
  writeJson,
} from '../../json/json-node.js'
import { extractPath, parseJsonPath } from '../../json/json-path.js'
import { type ScanStep, scalarAt, scanSteps } from '../../json/json-scan.js'

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

/** Texts that are no JSON give NULL. */
const onBoth = (
  rest: readonly string[],
  returns: string,
  evaluate: (node: JsonNode, ...rest: never[]) => Value,
): ScalarOverload[] => [
  {
    args: ['varchar(x)', ...rest],
    returns: returns === 'same' ? 'varchar(x)' : returns,
    evaluate: (text: string, ...others: never[]) => {
      // A path that is none is refused whatever the text is.
      if (rest[0] === 'jsonpath') parseJsonPath(others[0]!)
      const node = readJson(text)
      return node === undefined ? null : evaluate(node, ...others)
    },
  },
  {
    args: ['json', ...rest],
    returns: returns === 'same' ? 'varchar' : returns,
    evaluate: (json: string, ...others: never[]) => evaluate(nodeOfJson(json), ...others),
  },
]

const define = (
  name: string,
  description: string,
  overloads: readonly ScalarOverload[],
): FunctionDefinition => scalarFunction({ name, description, overloads })

const scalarText = (node: JsonNode | undefined): string | null => {
  if (node === undefined || node === null || typeof node === 'object') return null
  return typeof node === 'number' ? javaDoubleText(node) : String(node)
}

const sizeOf = (node: JsonNode): number =>
  Array.isArray(node) ? node.length : node instanceof Map ? node.size : 0

const scalarsEqual = (node: JsonNode, value: Value): boolean => {
  if (typeof value === 'string') return node === value
  if (typeof value === 'bigint') return node === value
  if (typeof value === 'number') return typeof node === 'number' && node === value
  return node === value
}

/** Scalars stay as they are written; strings lose their quotes, as in Trino, though they are no JSON then. */
function elementText(text: string, index: bigint): string | null {
  const written = readJsonAsWritten(text)
  const found = Array.isArray(written) ? written.at(Number(index)) : undefined
  if (found === undefined || found === null) return null
  if (typeof found !== 'object') return String(found)
  const node = readJson(text) as readonly JsonNode[]
  return writeJson(node.at(Number(index))!)
}

export const jsonFunctions: readonly FunctionDefinition[] = [
  define(
    'json_extract',
    'The value that a path leads to',
    onBoth(['jsonpath'], 'json', (node, path: string) => {
      const found = extractPath(node, path)
      return found === undefined ? null : writeJson(found)
    }),
  ),
  define('json_extract_scalar', 'The text of the scalar that a path leads to', [
    {
      args: ['varchar(x)', 'jsonpath'],
      returns: 'varchar(x)',
      bind: () => {
        let known: string | undefined
        let steps: readonly ScanStep[] = []
        return (text: string, path: string) => {
          if (path !== known) {
            steps = scanSteps(parseJsonPath(path))
            known = path
          }
          return scalarAt(text, steps)
        }
      },
    },
    {
      args: ['json', 'jsonpath'],
      returns: 'varchar',
      evaluate: (json: string, path: string) => scalarText(extractPath(nodeOfJson(json), path)),
    },
  ]),
  define(
    'json_size',
    'The number of elements or keys that a path leads to; 0 of a scalar',
    onBoth(['jsonpath'], 'bigint', (node, path: string) => {
      const found = extractPath(node, path)
      return found === undefined ? null : BigInt(sizeOf(found))
    }),
  ),
  define(
    'json_array_length',
    'The number of elements of an array',
    onBoth([], 'bigint', (node) => (Array.isArray(node) ? BigInt(node.length) : null)),
  ),
  define(
    'json_array_get',
    'The element of an array at a position from 0, or from the end',
    ['varchar(x)', 'json'].map((type) => ({
      args: [type, 'bigint'],
      returns: 'json',
      evaluate: elementText,
    })),
  ),
  define(
    'json_array_contains',
    'Tells whether an array has a value',
    ['boolean', 'bigint', 'double', 'varchar(y)'].flatMap((type) =>
      onBoth([type], 'boolean', (node, value: Value) =>
        // A number that is none is in no array, whatever the JSON is.
        Number.isNaN(value)
          ? false
          : Array.isArray(node)
            ? node.some((item) => scalarsEqual(item, value))
            : null,
      ),
    ),
  ),
  define(
    'is_json_scalar',
    'Tells whether a JSON value is a scalar',
    onBoth([], 'boolean', (node) => node === null || typeof node !== 'object').map((overload) =>
      overload.args[0] === 'json'
        ? overload
        : {
            ...overload,
            evaluate: (text: string) => {
              const node = readJson(text)
              if (node === undefined) return invalidArgument(`Invalid JSON value: ${text}`)
              return node === null || typeof node !== 'object'
            },
          },
    ),
  ),
]
