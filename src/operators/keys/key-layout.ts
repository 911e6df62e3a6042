/**
 * How the columns of a key are packed into one 64-bit code: code = Σ part × stride over the columns of a word, parts
 * from 0 (null) to size - 1. Where the sizes together pass 62 bits, a word's codes are numbered densely by a hash table and
 * that number is the first part of the next word.
 */
export interface KeyLayout {
  readonly columns: readonly ColumnLayout[]
  readonly words: number
  /** Codes of the last word are below this; Infinity where it passes 2^53. */
  readonly size: number
}

export interface ColumnLayout {
  readonly word: number
  readonly stride: bigint
  readonly size: bigint
  /** Of a `range` column: the value that has part 1. */
  readonly min: bigint
}

/** A folded word is its id plus 1, below this. */
export const FOLD_SIZE = 1n << 31n
const WORD_SIZE_MAX = 1n << 62n

/** @param columns each with its number of parts, null included: at most FOLD_SIZE where there are several */
export function packKeys(
  columns: readonly { readonly size: bigint; readonly min: bigint }[],
): KeyLayout {
  let word = 0
  let stride = 1n
  const packed = columns.map(({ size, min }) => {
    if (stride * size > WORD_SIZE_MAX) {
      word += 1
      stride = FOLD_SIZE
    }
    const column: ColumnLayout = { word, stride, size, min }
    stride *= size
    return column
  })
  const size = Number(stride)
  return { columns: packed, words: word + 1, size: Number.isSafeInteger(size) ? size : Infinity }
}
