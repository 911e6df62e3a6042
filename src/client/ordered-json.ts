/**
 * Parses JSON so that integers beyond 2^53 become bigints and objects Maps, which keep the order of fields whatever their
 * names: `JSON.parse` puts names that are numbers first.
 * @throws SyntaxError
 */
export function parseOrderedJson(text: string): unknown {
  const parser = new Parser(text)
  const value = parser.value()
  parser.end()
  return value
}

const NUMBER = /-?\d+(\.\d+)?([eE][-+]?\d+)?/y
const STRING = /"(?:[^"\\]|\\.)*"/y
const BLANKS = /\s*/y
const WORDS: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
]

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(): unknown {
    this.#skip()
    const character = this.#text[this.#at]
    if (character === '{') return this.#object()
    if (character === '[') return this.#array()
    if (character === '"') return this.#string()
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue
      this.#at += word.length
      return value
    }
    return this.#number()
  }

  end(): void {
    this.#skip()
    if (this.#at < this.#text.length) throw this.#unexpected()
  }

  #object(): Map<string, unknown> {
    const map = new Map<string, unknown>()
    this.#at++
    if (this.#accept('}')) return map
    do {
      this.#skip()
      const name = this.#string()
      this.#expect(':')
      map.set(name, this.value())
    } while (this.#accept(','))
    this.#expect('}')
    return map
  }

  #array(): unknown[] {
    const array: unknown[] = []
    this.#at++
    if (this.#accept(']')) return array
    do array.push(this.value())
    while (this.#accept(','))
    this.#expect(']')
    return array
  }

  #string(): string {
    return JSON.parse(this.#match(STRING)) as string
  }

  #number(): number | bigint {
    const digits = this.#match(NUMBER)
    const number = Number(digits)
    return Number.isSafeInteger(number) || /[.eE]/.test(digits) ? number : BigInt(digits)
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null) throw this.#unexpected()
    this.#at += found[0].length
    return found[0]
  }

  #accept(character: string): boolean {
    this.#skip()
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #expect(character: string): void {
    if (!this.#accept(character)) throw this.#unexpected()
  }

  #skip(): void {
    BLANKS.lastIndex = this.#at
    BLANKS.exec(this.#text)
    this.#at = BLANKS.lastIndex
  }

  #unexpected(): SyntaxError {
    return new SyntaxError(`JSON is invalid at character ${this.#at}`)
  }
}
