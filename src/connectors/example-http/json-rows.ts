import { RecordError } from './csv-records.js'

/** The text of a JSON value, and the line that it begins in. */
export interface JsonText {
  readonly text: string
  readonly line: number
}

/**
 * Cuts text that comes in pieces into the objects of a list, or objects one after the other (a line each, say).
 * What is in an object is looked at no further than its end needs.
 * @param maxChars of one object, which is what is kept of the text
 * @throws RecordError
 */
export async function* jsonObjects(
  pieces: AsyncIterable<string>,
  maxChars: number,
): AsyncGenerator<JsonText> {
  const cutter = new ObjectCutter(maxChars)
  for await (const piece of pieces) yield* cutter.push(piece)
  cutter.end()
}

type Place = 'start' | 'objects' | 'list item' | 'list comma' | 'list next' | 'end'

class ObjectCutter {
  readonly #maxChars: number
  #place: Place = 'start'
  #line = 1
  #startLine = 1
  /** Of the object that is being read. */
  #text = ''
  #at = 0
  #depth = 0
  #inString = false
  #isEscaped = false

  constructor(maxChars: number) {
    this.#maxChars = maxChars
  }

  *push(piece: string): Generator<JsonText> {
    this.#text += piece
    let start = 0
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at]!
      if (char === '\n') this.#line++
      if (this.#depth > 0) {
        if (this.#endsObject(char)) {
          yield { text: this.#text.slice(start, this.#at + 1), line: this.#startLine }
          this.#place = this.#place === 'list item' ? 'list comma' : 'objects'
          start = this.#at + 1
        }
      } else {
        if (char === '{') this.#begin()
        else this.#between(char)
        start = char === '{' ? this.#at : this.#at + 1
      }
    }
    this.#text = this.#text.slice(start)
    this.#at -= start
    if (this.#text.length > this.#maxChars) {
      throw new RecordError(`Row is longer than ${this.#maxChars} characters`, this.#startLine)
    }
  }

  /** Checks that nothing is missing. */
  end(): void {
    if (this.#depth > 0) throw new RecordError('Response ends inside of a row', this.#startLine)
    if (this.#place.startsWith('list')) throw new RecordError('List is not closed', this.#line)
  }

  #begin(): void {
    if (this.#place === 'list comma' || this.#place === 'end') this.#refuse('{')
    this.#place = this.#place === 'start' || this.#place === 'objects' ? 'objects' : 'list item'
    this.#startLine = this.#line
    this.#depth = 1
  }

  #between(char: string): void {
    if (char === ' ' || char === '\n' || char === '\r' || char === '\t') return
    if (char === '[' && this.#place === 'start') this.#place = 'list item'
    else if (char === ',' && this.#place === 'list comma') this.#place = 'list next'
    else if (char === ']' && (this.#place === 'list item' || this.#place === 'list comma')) {
      this.#place = 'end'
    } else this.#refuse(char)
  }

  #refuse(char: string): never {
    throw new RecordError(`Rows are objects, with commas in a list; found '${char}'`, this.#line)
  }

  #endsObject(char: string): boolean {
    if (this.#inString) {
      if (this.#isEscaped) this.#isEscaped = false
      else if (char === '\\') this.#isEscaped = true
      else if (char === '"') this.#inString = false
    } else if (char === '"') this.#inString = true
    else if (char === '{' || char === '[') this.#depth++
    else if (char === '}' || char === ']') this.#depth--
    return this.#depth === 0
  }
}
