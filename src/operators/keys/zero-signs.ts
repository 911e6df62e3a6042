import { type Block, flatBlockOf, flatPositionOf, type SqlType } from '../../spi/index.js'

/**
 * The groups whose zero is -0, column by column: codes hold both zeros for one key, and a group shows the zero of its first row.
 * Doubles and reals only; undefined where there are none.
 */
export class ZeroSigns {
  readonly #columns: readonly { readonly column: number; readonly negative: Set<number> }[]

  private constructor(columns: readonly number[]) {
    this.#columns = columns.map((column) => ({ column, negative: new Set() }))
  }

  static of(types: readonly SqlType[]): ZeroSigns | undefined {
    const columns = types.flatMap(({ kind }, column) =>
      kind === 'double' || kind === 'real' ? [column] : [],
    )
    return columns.length === 0 ? undefined : new ZeroSigns(columns)
  }

  /** @param before number of the first group that is new in these rows: new groups are numbered as their first rows follow */
  note(blocks: readonly Block[], groups: Int32Array, before: number): void {
    for (const { column, negative } of this.#columns) {
      const block = blocks[column]!
      const flat = flatBlockOf(block)
      if (flat.storage !== 'f64' && flat.storage !== 'f32') continue
      let next = before
      for (let row = 0; row < groups.length; row++) {
        if (groups[row] !== next) continue
        if (Object.is(flat.values[flatPositionOf(block, row)], -0)) negative.add(next)
        next += 1
      }
    }
  }

  /** Writes the sign into the values, in a block of their own, of groups from `from` on. */
  restore(column: number, values: Float64Array | Float32Array, from: number): void {
    const signs = this.#columns.find((signed) => signed.column === column)
    if (signs === undefined) return
    for (const group of signs.negative) {
      const at = group - from
      if (at >= 0 && at < values.length) values[at] = -0
    }
  }
}
