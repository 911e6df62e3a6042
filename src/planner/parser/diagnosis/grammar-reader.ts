import { KINDS_BY_LITERAL, Token, type TokenKind } from '../token.js'

/** A piece of a rule's right side. */
export type Element =
  | { readonly type: 'tokens'; readonly kinds: ReadonlySet<TokenKind> }
  | { readonly type: 'rule'; readonly name: string; readonly precedence: number }
  | { readonly type: 'precedence'; readonly precedence: number }
  | { readonly type: 'sequence'; readonly items: readonly Element[] }
  | { readonly type: 'choice'; readonly alternatives: readonly Element[] }
  | { readonly type: 'optional'; readonly alternatives: readonly Element[] }
  | { readonly type: 'star'; readonly alternatives: readonly Element[]; readonly climbs?: true }
  | { readonly type: 'plus'; readonly alternatives: readonly Element[] }

export interface Rule {
  readonly name: string
  readonly body: Element
  /** Whether the rule began with itself and so takes a precedence. */
  readonly climbs: boolean
}

const WORD = /\s*(?:'([^']+)'|([A-Za-z_0-9]+)|([:;|()?*+]))/y

/** Reads rules in the notation of `grammar/query.ts`. */
export function readGrammar(text: string): ReadonlyMap<string, Rule> {
  const reader = new GrammarReader(text)
  const rules = new Map<string, Rule>()
  while (!reader.atEnd) {
    const rule = reader.rule()
    rules.set(rule.name, rule)
  }
  return rules
}

class GrammarReader {
  readonly #words: string[] = []
  #index = 0

  constructor(text: string) {
    WORD.lastIndex = 0
    for (let match = WORD.exec(text); match !== null; match = WORD.exec(text)) {
      const [, literal, word, sign] = match
      this.#words.push(literal === undefined ? (word ?? sign ?? '') : `'${literal}`)
    }
  }

  get atEnd(): boolean {
    return this.#index >= this.#words.length
  }

  #next(): string {
    const word = this.#words[this.#index++]
    if (word === undefined) throw new SyntaxError('the grammar ends too early')
    return word
  }

  #accept(word: string): boolean {
    if (this.#words[this.#index] !== word) return false
    this.#index++
    return true
  }

  rule(): Rule {
    const name = this.#next()
    if (!this.#accept(':')) throw new SyntaxError(`no colon after rule: ${name}`)
    const alternatives = this.#alternatives()
    if (!this.#accept(';')) throw new SyntaxError(`no semicolon after rule: ${name}`)
    const climbs = alternatives.some((alternative) => startsWith(alternative, name))
    const body = climbs ? climb(name, alternatives) : choiceOf(alternatives)
    return { name, body, climbs }
  }

  #alternatives(): Element[] {
    const alternatives = [this.#sequence()]
    while (this.#accept('|')) alternatives.push(this.#sequence())
    return alternatives
  }

  #sequence(): Element {
    const items: Element[] = []
    for (;;) {
      const next = this.#words[this.#index]
      if (next === undefined || next === '|' || next === ')' || next === ';') break
      items.push(this.#repeated())
    }
    const only = items[0]
    return items.length === 1 && only !== undefined ? only : { type: 'sequence', items }
  }

  #repeated(): Element {
    const grouped = this.#accept('(')
    const alternatives = grouped ? this.#alternatives() : [atomOf(this.#next())]
    if (grouped && !this.#accept(')')) throw new SyntaxError('no closing parenthesis')
    const merged = mergeTokens(alternatives)
    if (this.#accept('?')) return { type: 'optional', alternatives: merged }
    if (this.#accept('*')) return { type: 'star', alternatives: merged }
    if (this.#accept('+')) return { type: 'plus', alternatives: merged }
    return choiceOf(merged)
  }
}

function atomOf(word: string): Element {
  if (word.startsWith("'")) return tokenOf(KINDS_BY_LITERAL.get(word.slice(1)), word)
  if (word === word.toUpperCase()) return tokenOf(Token[word as keyof typeof Token], word)
  return { type: 'rule', name: word, precedence: 0 }
}

function tokenOf(kind: TokenKind | undefined, word: string): Element {
  if (kind === undefined) throw new SyntaxError(`unknown token in the grammar: ${word}`)
  return { type: 'tokens', kinds: new Set([kind]) }
}

/** Alternatives that are all single tokens are one set of tokens, without a decision. */
function mergeTokens(alternatives: Element[]): Element[] {
  if (alternatives.length === 1) return alternatives
  const kinds = new Set<TokenKind>()
  for (const alternative of alternatives) {
    if (alternative.type !== 'tokens') return alternatives
    for (const kind of alternative.kinds) kinds.add(kind)
  }
  return [{ type: 'tokens', kinds }]
}

function choiceOf(alternatives: Element[]): Element {
  const merged = mergeTokens(alternatives)
  const only = merged[0]
  return merged.length === 1 && only !== undefined ? only : { type: 'choice', alternatives: merged }
}

function itemsOf(element: Element): readonly Element[] {
  return element.type === 'sequence' ? element.items : [element]
}

function isRule(element: Element | undefined, name: string): boolean {
  return element?.type === 'rule' && element.name === name
}

function startsWith(element: Element, name: string): boolean {
  return isRule(itemsOf(element)[0], name)
}

/**
 * Makes loops of rules that begin with themselves: first an operand, then operators of at least the
 * precedence asked for, each with an operand that binds more tightly.
 *
 * @source Parr, Harwell, Fisher: Adaptive LL(*) Parsing (OOPSLA 2014), section 6 (left recursion)
 */
function climb(name: string, alternatives: readonly Element[]): Element {
  const operands: Element[] = []
  const operators: Element[] = []
  alternatives.forEach((alternative, index) => {
    const precedence = alternatives.length - index
    const items = [...itemsOf(alternative)]
    const last = items.at(-1)
    if (startsWith(alternative, name)) {
      items[0] = { type: 'precedence', precedence }
      if (isRule(last, name) && items.length > 1) {
        items[items.length - 1] = { type: 'rule', name, precedence: precedence + 1 }
      }
      operators.push({ type: 'sequence', items })
    } else {
      if (isRule(last, name)) items[items.length - 1] = { type: 'rule', name, precedence }
      operands.push(items.length === 1 ? alternative : { type: 'sequence', items })
    }
  })
  const first: Element =
    operands.length === 1 && operands[0] !== undefined
      ? operands[0]
      : { type: 'choice', alternatives: operands }
  return {
    type: 'sequence',
    items: [first, { type: 'star', alternatives: operators, climbs: true }],
  }
}
