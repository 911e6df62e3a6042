import type { Arena, Block, Page } from '../spi/index.js'

/** What runs an expression: see compile.ts. */
export type ExpressionEngine = 'wasm' | 'js' | 'interpreter'

/** Positions of a page, in arena memory, valid until the arena is reset. */
export interface Selection {
  readonly count: number
  /** Int32Array[≥ count], ascending; null: all of the page's positions. */
  readonly positions: Int32Array | null
}

/** A predicate over pages: selects the positions where it is true (not false, not null). */
export interface PageFilter {
  readonly engine: ExpressionEngine
  /** @throws MillraceError with the code of the first failing operation, of a position some row order would reach */
  filter(page: Page, arena: Arena): Selection
  /** How many positions {@link filter} selects, for whoever reads none of their values. @throws as filter */
  count(page: Page, arena: Arena): number
}

/** An expression over pages: one value a position. */
export interface PageProjection {
  readonly engine: ExpressionEngine
  /**
   * The block may share buffers with the page's blocks.
   * @throws MillraceError with the code of a failing operation
   */
  project(page: Page, arena: Arena): Block
}
