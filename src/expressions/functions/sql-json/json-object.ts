import { MillraceError } from '../../../spi/error.js'
import type { Value } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { jsonString } from '../../json/json-node.js'
import { javaHashOrder } from '../../value/java-hash-order.js'
import { type ConstructorOptions, elementWriter } from './element-writer.js'

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
