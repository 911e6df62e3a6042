import {
  type MapValue,
  MillraceError,
  type Page,
  readValue,
  type SqlType,
  type Value,
} from '../../../spi/index.js'
import type { FileWriter, FileWriting, WriteRequest } from '../format.js'
import { type TextOutput, textExtension, textOutput } from '../text/text-output.js'
import { textWriter } from '../text/value-text.js'

/** Writes a JSON object a line, with every column: numbers with all their digits, datetimes as SQL's text, VARBINARY in base64. */
export const jsonWriting: FileWriting = {
  extension: (options) => textExtension('.jsonl', options),
  checkColumn({ name, type }) {
    if (jsonPrinter(type) !== undefined) return
    throw new MillraceError('NOT_SUPPORTED', `Column has a type that JSON can't hold: ${name}`)
  },
  createWriter: (request) => new JsonWriter(request),
}

type Printer = (value: Value) => string

function jsonPrinter(type: SqlType): Printer | undefined {
  const print = presentPrinter(type)
  return print === undefined ? undefined : (value) => (value === null ? 'null' : print(value))
}

function presentPrinter(type: SqlType): Printer | undefined {
  switch (type.kind) {
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'json':
      return String
    case 'decimal':
      return textWriter(type) as Printer
    case 'real':
    case 'double': {
      const text = textWriter(type) as Printer
      return (value) => (Number.isFinite(value) ? text(value) : `"${text(value)}"`)
    }
    case 'varbinary':
      return (value) => `"${Buffer.from(value as Uint8Array).toString('base64')}"`
    case 'array': {
      const element = jsonPrinter(type.element)
      return element && ((value) => `[${(value as readonly Value[]).map(element).join(',')}]`)
    }
    case 'row':
      return rowPrinter(type.fields.map(({ name, type: t }, i) => [name ?? `_col${i}`, t]))
    case 'map':
      return mapPrinter(type.key, type.value)
    default: {
      const text = textWriter(type) as Printer | undefined
      return text && ((value) => JSON.stringify(text(value)))
    }
  }
}

function rowPrinter(fields: readonly (readonly [string, SqlType])[]): Printer | undefined {
  const printers: (readonly [string, Printer])[] = []
  for (const [name, type] of fields) {
    const print = jsonPrinter(type)
    if (print === undefined) return undefined
    printers.push([JSON.stringify(name), print])
  }
  return (value) =>
    `{${printers.map(([name, print], i) => `${name}:${print((value as readonly Value[])[i]!)}`).join(',')}}`
}

function mapPrinter(keyType: SqlType, valueType: SqlType): Printer | undefined {
  const key = textWriter(keyType) as Printer | undefined
  const item = jsonPrinter(valueType)
  if (key === undefined || item === undefined) return undefined
  return (value) => {
    const { keys, values } = value as MapValue
    return `{${keys.map((k, i) => `${JSON.stringify(key(k))}:${item(values[i]!)}`).join(',')}}`
  }
}

class JsonWriter implements FileWriter {
  readonly #text: TextOutput
  readonly #print: (page: Page, position: number) => string

  constructor({ columns, output, options }: WriteRequest) {
    this.#text = textOutput(output, options)
    const printers = columns.map(({ name, type }): readonly [string, Printer] => [
      JSON.stringify(name),
      jsonPrinter(type)!,
    ])
    this.#print = ({ blocks }, position) =>
      `{${printers.map(([name, print], i) => `${name}:${print(readValue(blocks[i]!, position))}`).join(',')}}\n`
  }

  get memoryUsage(): number {
    return this.#text.memoryUsage
  }

  async append(page: Page): Promise<void> {
    let rows = ''
    for (let position = 0; position < page.rowCount; position++) rows += this.#print(page, position)
    await this.#text.write(rows)
  }

  flush(): Promise<void> {
    return this.#text.flush()
  }

  finish(): Promise<void> {
    return this.#text.finish()
  }
}
