import { numberLiteral, type PathItem } from './path-item.js'

/** A path of SQL/JSON, parsed. @source ISO/IEC 9075-2, SQL/JSON path language; Trino's JsonPath.g4 */
export interface SqlJsonPath {
  readonly lax: boolean
  readonly root: PathNode
  /** Names of `$name` in it. */
  readonly variables: readonly string[]
}

export type PathNode =
  | { readonly kind: 'context' | 'current' | 'last' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: PathItem }
  /** Without a key: all members. */
  | { readonly kind: 'member'; readonly base: PathNode; readonly key?: string }
  | { readonly kind: 'descendant'; readonly base: PathNode; readonly key: string }
  /** Without subscripts: all elements. */
  | {
      readonly kind: 'elements'
      readonly base: PathNode
      readonly subscripts?: readonly Subscript[]
    }
  | { readonly kind: 'filter'; readonly base: PathNode; readonly predicate: PathPredicate }
  | { readonly kind: 'method'; readonly base: PathNode; readonly name: PathMethod }
  | {
      readonly kind: 'binary'
      readonly operator: '+' | '-' | '*' | '/' | '%'
      readonly left: PathNode
      readonly right: PathNode
    }
  | { readonly kind: 'negate' | 'positive'; readonly value: PathNode }

export interface Subscript {
  readonly from: PathNode
  readonly to?: PathNode
}

export type PathMethod = 'abs' | 'ceiling' | 'double' | 'floor' | 'keyvalue' | 'size' | 'type'

export type PathPredicate =
  | {
      readonly kind: 'comparison'
      readonly operator: PathComparison
      readonly left: PathNode
      readonly right: PathNode
    }
  | { readonly kind: 'and' | 'or'; readonly left: PathPredicate; readonly right: PathPredicate }
  | { readonly kind: 'not' | 'isUnknown'; readonly predicate: PathPredicate }
  | { readonly kind: 'exists'; readonly path: PathNode }
  | { readonly kind: 'startsWith'; readonly value: PathNode; readonly prefix: PathNode }

export type PathComparison = '==' | '<>' | '<' | '<=' | '>' | '>='

/** What is wrong with a path's text, at an offset in it. */
export class PathSyntaxError extends Error {
  readonly offset: number
  readonly isUnsupported: boolean

  constructor(message: string, offset: number, isUnsupported = false) {
    super(message)
    this.offset = offset
    this.isUnsupported = isUnsupported
  }
}

/** A number of a path that no type holds. */
export class PathLiteralError extends Error {}

interface PathToken {
  readonly text: string
  readonly offset: number
}

const TOKEN =
  /\s+|("(?:[^"]|"")*"|\$[A-Za-z_]\w*|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|&&|\|\||==|<>|!=|<=|>=|\.\.|[$@.*[\](),?!<>+\-/%])/y

function tokenize(text: string): readonly PathToken[] {
  const tokens: PathToken[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const offset = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (match === null) {
      throw new PathSyntaxError(`token recognition error at: '${text[offset]}'`, offset)
    }
    if (match[1] !== undefined) tokens.push({ text: match[1], offset })
  }
  tokens.push({ text: '<EOF>', offset: text.length })
  return tokens
}

const METHODS: ReadonlySet<string> = new Set<PathMethod>([
  'abs',
  'ceiling',
  'double',
  'floor',
  'keyvalue',
  'size',
  'type',
])
const COMPARISONS: Readonly<Record<string, PathComparison>> = {
  '==': '==',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

const isName = (text: string): boolean => /^[A-Za-z_]/.test(text)
const isString = (text: string): boolean => text.startsWith('"')
const unquote = (text: string): string => text.slice(1, -1).replaceAll('""', '"')

class PathParser {
  readonly #tokens: readonly PathToken[]
  readonly #variables = new Set<string>()
  #at = 0

  constructor(text: string) {
    this.#tokens = tokenize(text)
  }

  parse(): SqlJsonPath {
    const mode = this.#peek().text
    if (mode !== 'lax' && mode !== 'strict') this.#mismatch("{'lax', 'strict'}")
    this.#at++
    const root = this.#sum()
    if (this.#peek().text !== '<EOF>') this.#mismatch('<EOF>')
    return { lax: mode === 'lax', root, variables: [...this.#variables] }
  }

  #peek(): PathToken {
    return this.#tokens[this.#at]!
  }

  #accept(text: string): boolean {
    if (this.#peek().text !== text) return false
    this.#at++
    return true
  }

  #expect(text: string): void {
    if (!this.#accept(text)) this.#mismatch(`'${text}'`)
  }

  #mismatch(expected: string): never {
    const { text, offset } = this.#peek()
    throw new PathSyntaxError(`mismatched input '${text}' expecting ${expected}`, offset)
  }

  #sum(): PathNode {
    let left = this.#product()
    for (;;) {
      const operator = this.#peek().text
      if (operator !== '+' && operator !== '-') return left
      this.#at++
      left = { kind: 'binary', operator, left, right: this.#product() }
    }
  }

  #product(): PathNode {
    let left = this.#signed()
    for (;;) {
      const operator = this.#peek().text
      if (operator !== '*' && operator !== '/' && operator !== '%') return left
      this.#at++
      left = { kind: 'binary', operator, left, right: this.#signed() }
    }
  }

  #signed(): PathNode {
    if (this.#accept('-')) return { kind: 'negate', value: this.#signed() }
    if (this.#accept('+')) return { kind: 'positive', value: this.#signed() }
    return this.#accessors(this.#primary())
  }

  #primary(): PathNode {
    const { text } = this.#peek()
    this.#at++
    if (text === '$') return { kind: 'context' }
    if (text === '@') return { kind: 'current' }
    if (text === 'last') return { kind: 'last' }
    if (text.startsWith('$')) {
      this.#variables.add(text.slice(1))
      return { kind: 'variable', name: text.slice(1) }
    }
    if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true' }
    if (text === 'null') return { kind: 'literal', value: null }
    if (isString(text)) return { kind: 'literal', value: unquote(text) }
    if (/^[\d.]*\d/.test(text)) {
      const value = numberLiteral(text)
      if (value === undefined) throw new PathLiteralError(`Invalid numeric literal: ${text}`)
      return { kind: 'literal', value }
    }
    if (text === '(') {
      const inner = this.#sum()
      this.#expect(')')
      return inner
    }
    this.#at--
    return this.#mismatch(
      "{'+', '(', '$', '@', 'false', 'last', '-', 'null', 'true', DECIMAL_VALUE, DOUBLE_VALUE, INTEGER_VALUE, STRING, NAMED_VARIABLE}",
    )
  }

  #accessors(start: PathNode): PathNode {
    let base = start
    for (;;) {
      if (this.#accept('..')) base = { kind: 'descendant', base, key: this.#key('..') }
      else if (this.#accept('.')) base = this.#member(base)
      else if (this.#accept('[')) base = this.#elements(base)
      else if (this.#accept('?')) {
        this.#expect('(')
        const predicate = this.#disjunction()
        this.#expect(')')
        base = { kind: 'filter', base, predicate }
      } else return base
    }
  }

  #key(before: string): string {
    const { text, offset } = this.#peek()
    if (!isName(text) && !isString(text)) {
      throw new PathSyntaxError(`no viable alternative at input '${before}'`, offset)
    }
    this.#at++
    return isString(text) ? unquote(text) : text
  }

  #member(base: PathNode): PathNode {
    if (this.#accept('*')) return { kind: 'member', base }
    const isPlain = isName(this.#peek().text)
    const key = this.#key('.')
    if (!isPlain || this.#peek().text !== '(') return { kind: 'member', base, key }
    if (key === 'datetime') {
      throw new PathSyntaxError('datetime method in JSON path is not yet supported', 0, true)
    }
    if (!METHODS.has(key)) this.#mismatch('<EOF>')
    this.#at++
    this.#expect(')')
    return { kind: 'method', base, name: key as PathMethod }
  }

  #elements(base: PathNode): PathNode {
    if (this.#accept('*')) {
      this.#expect(']')
      return { kind: 'elements', base }
    }
    const subscripts: Subscript[] = []
    do {
      const from = this.#sum()
      subscripts.push(this.#accept('to') ? { from, to: this.#sum() } : { from })
    } while (this.#accept(','))
    this.#expect(']')
    return { kind: 'elements', base, subscripts }
  }

  #disjunction(): PathPredicate {
    let left = this.#conjunction()
    while (this.#accept('||')) left = { kind: 'or', left, right: this.#conjunction() }
    return left
  }

  #conjunction(): PathPredicate {
    let left = this.#predicate()
    while (this.#accept('&&')) left = { kind: 'and', left, right: this.#predicate() }
    return left
  }

  #predicate(): PathPredicate {
    if (this.#accept('!')) return { kind: 'not', predicate: this.#delimited() }
    const { text } = this.#peek()
    if (text === 'exists' || (text === '(' && this.#isPredicateInParentheses())) {
      return this.#delimited()
    }
    const left = this.#sum()
    const operator = COMPARISONS[this.#peek().text]
    if (operator !== undefined) {
      this.#at++
      return { kind: 'comparison', operator, left, right: this.#sum() }
    }
    if (this.#accept('starts')) {
      this.#expect('with')
      return { kind: 'startsWith', value: left, prefix: this.#primary() }
    }
    if (this.#peek().text === 'like_regex') {
      throw new PathSyntaxError('like_regex predicate in JSON path is not yet supported', 0, true)
    }
    return this.#mismatch("{'==', '<>', '!=', '<', '>', '<=', '>='}")
  }

  /** `exists(path)`, `(predicate)`, `(predicate) is unknown`. */
  #delimited(): PathPredicate {
    if (this.#accept('exists')) {
      this.#expect('(')
      const path = this.#sum()
      this.#expect(')')
      return { kind: 'exists', path }
    }
    this.#expect('(')
    const predicate = this.#disjunction()
    this.#expect(')')
    if (!this.#accept('is')) return predicate
    this.#expect('unknown')
    return { kind: 'isUnknown', predicate }
  }

  /** Whether the parenthesis here holds a predicate, and not the operand of one. */
  #isPredicateInParentheses(): boolean {
    const start = this.#at
    try {
      this.#at++
      this.#disjunction()
      return this.#peek().text === ')'
    } catch (error) {
      if (error instanceof PathSyntaxError) return false
      throw error
    } finally {
      this.#at = start
    }
  }
}

const parsed = new Map<string, SqlJsonPath>()
const PARSED_MAX = 1000

/** Parses a path. @throws PathSyntaxError */
export function parseSqlJsonPath(text: string): SqlJsonPath {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const path = new PathParser(text).parse()
  if (parsed.size >= PARSED_MAX) parsed.clear()
  parsed.set(text, path)
  return path
}
