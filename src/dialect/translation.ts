import type { NodeLocation } from '../planner/parser/ast/index.js'
import { MillraceError } from '../spi/index.js'
import type { Dialect } from './dialect.js'
import { type EncodedText, referenced } from './encode.js'
import type { ForeignNode } from './foreign-node.js'
import { locationOf, type Piece } from './scan.js'

/** One statement on its way into Trino's syntax tree. */
export interface Translation {
  readonly dialect: Dialect
  readonly sql: string
  readonly encoded: EncodedText
  /** Position of each parameter in the list of values, by what the text calls it. */
  readonly parameters: ParameterPositions
  /** Whether Trino has a function of this name. */
  isBuiltin(name: string): boolean
  /** Whether the program registered a function of this name. */
  isOwnFunction(name: string): boolean
  /** Parses an expression that the foreign tree has as text. */
  reparse(text: string): ForeignNode
  /** Where the node under way is, for nodes without a place of their own. */
  location: NodeLocation
}

/** `$n` are themselves; other names and `?` count in the order in which they are met in the text. */
export class ParameterPositions {
  readonly #byName = new Map<string, number>()
  #count = 0

  constructor(pieces: readonly Piece[]) {
    for (const piece of pieces) if (piece.kind === 'parameter') this.#add(piece)
  }

  get count(): number {
    return this.#count
  }

  #positions = new Map<Piece, number>()

  #add(piece: Piece & { readonly kind: 'parameter' }): void {
    const { value } = piece
    let position: number
    if (value !== undefined && /^\d+$/.test(value)) position = Number(value) - 1
    else if (value === undefined) position = this.#count
    else {
      const known = this.#byName.get(value)
      position = known ?? this.#count
      this.#byName.set(value, position)
    }
    this.#count = Math.max(this.#count, position + 1)
    this.#positions.set(piece, position)
  }

  of(piece: Piece): number {
    return this.#positions.get(piece)!
  }
}

/** Where a node is in the statement. */
export function locate(node: ForeignNode, t: Translation): NodeLocation {
  const { offset } = node
  return offset === undefined ? t.location : locationOf(t.sql, t.encoded.originalOffset(offset))
}

export const notSupported = (what: string, t: Translation, hint?: string): MillraceError =>
  new MillraceError('NOT_SUPPORTED', `Not supported in the ${t.dialect.name} dialect: ${what}`, {
    location: t.location,
    hint,
  })

/** Refuses a node of which something was not read. @throws NOT_SUPPORTED that names it */
export function finish(node: ForeignNode, t: Translation): void {
  const [first] = node.unread
  if (first === undefined) return
  t.location = locate(node, t)
  throw notSupported(`${clauseName(first)} of ${node.description}`, t)
}

const clauseName = (key: string): string => key.replaceAll('_', ' ').toUpperCase()

/** Runs with the place of a node as the place of what has none. */
export function at<T>(node: ForeignNode, t: Translation, body: () => T): T {
  const before = t.location
  t.location = locate(node, t)
  const result = body()
  t.location = before
  return result
}

/** A string of the foreign tree with its reference followed. */
export function stringValue(text: string, t: Translation): string {
  const piece = referenced(text, t.encoded.pieces)
  if (piece === undefined) return text
  if (piece.kind === 'string' || piece.kind === 'name') return piece.value
  throw notSupported(`a ${piece.kind} in this place`, t)
}

/** Of queries that are made: they have no text until they are written. */
export const SPAN = { start: 0, end: 0 }
