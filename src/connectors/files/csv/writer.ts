import { type Block, MillraceError, type Page, readValue } from '../../../spi/index.js'
import type { FileWriter, FileWriting, WriteRequest } from '../format.js'
import { type TextOutput, textExtension, textOutput } from '../text/text-output.js'
import { textWriter } from '../text/value-text.js'
import { describedDialect } from './dialect.js'

/** Writes rows as RFC 4180 has them, with LF at their ends. */
export const csvWriting = (ending: string, delimiter: string): FileWriting => ({
  extension: (options) => textExtension(ending, options),
  checkColumn({ name, type }) {
    if (textWriter(type) !== undefined) return
    throw new MillraceError('NOT_SUPPORTED', `Column has a type that CSV can't hold: ${name}`, {
      hint: 'Write JSON or PARQUET instead, or cast the column to JSON',
    })
  },
  checkProperties: (properties) => {
    describedDialect(properties, delimiter)
  },
  createWriter: (request) => new CsvWriter(request, delimiter),
})

class CsvWriter implements FileWriter {
  readonly #text: TextOutput
  readonly #delimiter: string
  readonly #nullText: string
  readonly #needsQuotes: RegExp
  readonly #quote: string
  /** What stands for a quote, or an escape, in quotes. */
  readonly #escaped: readonly (readonly [text: string, written: string])[]
  readonly #printers: readonly ((block: Block, position: number) => string)[]
  #header: string | undefined

  constructor({ columns, output, options }: WriteRequest, delimiter: string) {
    const dialect = describedDialect(options.properties, delimiter)
    this.#text = textOutput(output, options)
    this.#delimiter = String.fromCharCode(dialect.delimiter)
    this.#nullText = dialect.nullText ?? ''
    this.#quote = String.fromCharCode(dialect.quote)
    const escapeText = String.fromCharCode(dialect.escape)
    this.#escaped = [...new Set([escapeText, this.#quote])].map((text) => [text, escapeText + text])
    const special = [this.#delimiter, this.#quote]
      .map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&'))
      .join('')
    // A blank at an end would be taken for none where the type is not text.
    this.#needsQuotes = new RegExp(`[\\r\\n${special}]|^\\s|\\s$|^$`)
    this.#printers = columns.map(({ type }) => {
      const print = textWriter(type)!
      return (block, position) => {
        const value = readValue(block, position)
        return value === null ? this.#nullText : this.#quoted(print(value))
      }
    })
    this.#header = dialect.hasHeader
      ? `${columns.map(({ name }) => this.#quoted(name)).join(this.#delimiter)}\n`
      : undefined
  }

  get memoryUsage(): number {
    return this.#text.memoryUsage
  }

  async append({ rowCount, blocks }: Page): Promise<void> {
    await this.#begin()
    let rows = ''
    for (let position = 0; position < rowCount; position++) {
      for (const [i, print] of this.#printers.entries()) {
        if (i > 0) rows += this.#delimiter
        rows += print(blocks[i]!, position)
      }
      rows += '\n'
    }
    await this.#text.write(rows)
  }

  flush(): Promise<void> {
    return this.#text.flush()
  }

  async finish(): Promise<void> {
    await this.#begin()
    await this.#text.finish()
  }

  async #begin(): Promise<void> {
    if (this.#header === undefined) return
    const header = this.#header
    this.#header = undefined
    await this.#text.write(header)
  }

  #quoted(text: string): string {
    if (!this.#needsQuotes.test(text) && text !== this.#nullText) return text
    let inside = text
    for (const [from, to] of this.#escaped) inside = inside.replaceAll(from, () => to)
    return this.#quote + inside + this.#quote
  }
}
