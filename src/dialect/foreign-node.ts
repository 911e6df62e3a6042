import { assert } from '../spi/index.js'

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What says nothing of meaning: places, and marks of how the text was written. */
const IGNORED: ReadonlySet<string> = new Set([
  'loc',
  'parentheses',
  'tableList',
  'columnList',
  'type',
  'parentheses_symbol',
  'brackets',
])

/** Whether a value says anything: NULLs, empty lists, and objects of such don't. */
function hasMeaning(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasMeaning)
  if (isObject(value)) {
    return Object.entries(value).some(([key, item]) => key !== 'loc' && hasMeaning(item))
  }
  return value !== null && value !== undefined && value !== false && value !== ''
}

/**
 * A node of node-sql-parser's tree. It knows which of its properties have been read: `unread` names those that have not,
 * so that no clause of a statement is dropped in silence.
 */
export class ForeignNode {
  readonly #raw: Readonly<Record<string, unknown>>
  readonly #read = new Set<string>(IGNORED)

  constructor(raw: unknown) {
    // The PostgreSQL family wraps subqueries, and whole columns, in a node with nothing else.
    assert(isObject(raw), 'a node of the foreign tree')
    this.#raw = raw
  }

  get type(): string {
    const { type } = this.#raw
    return typeof type === 'string' ? type : ''
  }

  /** It stands in parentheses of its own. */
  get isParenthesised(): boolean {
    return this.#raw.parentheses === true || this.#raw.parentheses_symbol === true
  }

  /** Offset of its first character in the encoded text. */
  get offset(): number | undefined {
    const { loc } = this.#raw
    const start = isObject(loc) ? loc.start : undefined
    const offset = isObject(start) ? start.offset : undefined
    return typeof offset === 'number' ? offset : undefined
  }

  has(key: string): boolean {
    return hasMeaning(this.#raw[key])
  }

  /** What is there, which is not read by it. */
  peek(key: string): unknown {
    return this.#raw[key]
  }

  wasRead(key: string): boolean {
    return this.#read.has(key)
  }

  value(key: string): unknown {
    this.#read.add(key)
    return this.#raw[key]
  }

  /** A string of some length. */
  text(key: string): string | undefined {
    const value = this.value(key)
    return typeof value === 'string' && value !== '' ? value : undefined
  }

  node(key: string): ForeignNode | undefined {
    const value = this.value(key)
    return isObject(value) ? new ForeignNode(value) : undefined
  }

  nodes(key: string): readonly ForeignNode[] {
    const value = this.value(key)
    if (Array.isArray(value)) return value.filter(isObject).map((item) => new ForeignNode(item))
    return isObject(value) ? [new ForeignNode(value)] : []
  }

  ignore(...keys: readonly string[]): this {
    for (const key of keys) this.#read.add(key)
    return this
  }

  /** Properties that say something and that nobody has asked for. */
  get unread(): readonly string[] {
    return Object.keys(this.#raw).filter(
      (key) => !this.#read.has(key) && hasMeaning(this.#raw[key]),
    )
  }

  /** For messages: what it is, with what it consists of. */
  get description(): string {
    return this.type === '' ? Object.keys(this.#raw).join(', ') : this.type
  }
}
