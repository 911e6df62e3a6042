import type { Layout } from './layout.js'

const CLEAR_BELOW = '\u001b[J'
const up = (rows: number): string => (rows === 0 ? '' : `\u001b[${rows}A`)
const rightBy = (columns: number): string => (columns === 0 ? '' : `\u001b[${columns}C`)

/** The rows of a terminal below the place where editing began, drawn anew after each change. */
export class Screen {
  readonly #stream: NodeJS.WriteStream
  #cursorRow = 0
  #rowCount = 0

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  get columns(): number {
    return this.#stream.columns || 80
  }

  draw(layout: Layout): void {
    const { rows, cursorRow, cursorColumn } = layout
    this.#stream.write(
      `${up(this.#cursorRow)}\r${CLEAR_BELOW}${rows.join('\r\n')}` +
        `${up(rows.length - 1 - cursorRow)}\r${rightBy(cursorColumn)}`,
    )
    this.#cursorRow = cursorRow
    this.#rowCount = rows.length
  }

  /** Leaves what is drawn and goes to the row below. */
  leave(): void {
    this.#stream.write(`${'\n'.repeat(Math.max(1, this.#rowCount - this.#cursorRow))}\r`)
    this.#forget()
  }

  /** Writes below what is drawn; the next drawing is below that. */
  print(text: string): void {
    this.leave()
    this.#stream.write(text)
  }

  clear(): void {
    this.#stream.write('\u001b[H\u001b[2J')
    this.#forget()
  }

  #forget(): void {
    this.#cursorRow = 0
    this.#rowCount = 0
  }
}
