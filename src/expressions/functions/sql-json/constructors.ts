import { MillraceError } from '../../../spi/error.js'
import type { SqlType } from '../../../spi/type/type.js'
import type { Value } from '../../../spi/type/value.js'
import { javaRealText } from '../../../values/number-text.js'
import { scalarFunction } from '../../function-definition.js'
import { jsonDouble, jsonString, writeJson } from '../../json/json-node.js'
import type { SessionContext } from '../../session-context.js'
import { encodeJson, type JsonEncoding, jsonInput, jsonItemOf } from '../../sql-json/json-input.js'
import { bigDecimalText } from '../../value/decimal.js'
import { javaHashOrder } from '../../value/java-hash-order.js'

/** What a constructor is told beside its values, as JSON text. */
interface ConstructorOptions {
  readonly nullOnNull: boolean
  readonly uniqueKeys?: boolean
  /** By value: set where its text is JSON. */
  readonly formats: readonly (JsonEncoding | null)[]
}

/** Writes a value into a JSON text; decimals keep their digits. */
function writerOf(type: SqlType, session: SessionContext): (value: Value) => string {
  if (type.kind === 'decimal') return (value) => bigDecimalText(value as bigint, type.scale)
  const item = jsonItemOf(type, session)
  const numberText = type.kind === 'real' ? javaRealText : jsonDouble
  return (value) => {
    const node = item(value)
    if (typeof node === 'number') {
      return Number.isFinite(node) ? numberText(node) : jsonString(String(node))
    }
    return writeJson(node, false)
  }
}

type ElementWriter = (values: Value, options: ConstructorOptions) => (string | undefined)[]

/** The texts of a row's fields from `first` in steps; absent where a NULL is left out. */
function elementWriter(
  rowType: SqlType,
  first: number,
  step: number,
  session: SessionContext,
): ElementWriter {
  const types = rowType.kind === 'row' ? rowType.fields.map((f) => f.type) : []
  const writers = types.map((type) => writerOf(type, session))
  return (values, { nullOnNull, formats }) => {
    const row = (values ?? []) as readonly Value[]
    const texts: (string | undefined)[] = []
    for (let i = first; i < types.length; i += step) {
      const value = row[i] ?? null
      const format = formats[texts.length] ?? null
      if (value === null) texts.push(nullOnNull ? 'null' : undefined)
      else if (format === null) texts.push(writers[i]!(value))
      else texts.push(writeJson(jsonInput(value as string | Uint8Array, format), false))
    }
    return texts
  }
}

/** JSON_ARRAY: options, the row of values. */
export const jsonArray = scalarFunction({
  name: '$json_array',
  description: 'The text of a JSON array of values',
  hidden: true,
  overloads: [
    {
      args: ['varchar', 'P'],
      returns: 'varchar',
      typeVariables: ['P'],
      nulls: 'called',
      bind: (call) => {
        const write = elementWriter(call.argumentTypes[1]!, 0, 1, call.session)
        return (options: string, values: Value): Value => {
          const texts = write(values, JSON.parse(options) as ConstructorOptions)
          return `[${texts.filter((text) => text !== undefined).join(',')}]`
        }
      },
    },
  ],
})

/** JSON_OBJECT: options, the row of a key and a value in turn. */
export const jsonObject = scalarFunction({
  name: '$json_object',
  description: 'The text of a JSON object of keys and values',
  hidden: true,
  overloads: [
    {
      args: ['varchar', 'P'],
      returns: 'varchar',
      typeVariables: ['P'],
      nulls: 'called',
      bind: (call) => {
        const write = elementWriter(call.argumentTypes[1]!, 1, 2, call.session)
        return (optionsText: string, values: Value): Value => {
          const options = JSON.parse(optionsText) as ConstructorOptions
          const row = (values ?? []) as readonly Value[]
          const texts = write(values, options)
          const members = new Map<string, string>()
          texts.forEach((text, i) => {
            const key = row[2 * i] as string | null | undefined
            if (key === null || key === undefined) {
              throw new MillraceError(
                'INVALID_FUNCTION_ARGUMENT',
                'null value passed for JSON object key to JSON_OBJECT function',
              )
            }
            if (text === undefined) return
            if (members.has(key)) throw duplicateKey(options)
            members.set(key, text)
          })
          const inOrder = javaHashOrder([...members.keys()])
          return `{${inOrder.map((key) => `${jsonString(key)}:${members.get(key)!}`).join(',')}}`
        }
      },
    },
  ],
})

const duplicateKey = ({ uniqueKeys }: ConstructorOptions): MillraceError =>
  uniqueKeys === true
    ? new MillraceError('INVALID_FUNCTION_ARGUMENT', 'duplicate key passed to JSON_OBJECT function')
    : new MillraceError('NOT_SUPPORTED', 'cannot construct a JSON object with duplicate key')

/** The bytes of a JSON text: the text, its encoding. */
export const jsonBytes = scalarFunction({
  name: '$json_bytes',
  description: 'The bytes of a JSON text in an encoding',
  hidden: true,
  overloads: [
    {
      args: ['varchar', 'varchar'],
      returns: 'varbinary',
      evaluate: (text: string, encoding: string): Value =>
        encodeJson(text, encoding as JsonEncoding),
    },
  ],
})
