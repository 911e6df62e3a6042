import type { Arena, BytesBlock, DictionaryBlock, FlatBlock, SqlType } from '../../spi/index.js'
import type { CallExpression, CastExpression, Expression } from '../ir.js'

/** What the functions that run a column at a time have in common. */

/** A block of an argument, texts in the arena's memory; of a constant block its one position. */
export interface Argument {
  readonly block: FlatBlock
  readonly isConstant: boolean
  /** The block is a dictionary without nulls, whose entries these are by row; absent for other blocks. */
  readonly rows?: Pick<DictionaryBlock, 'codes' | 'validity'>
}

/** What a call does with the columns that are its inputs; it gives undefined where another engine has to. */
export interface Recognized {
  readonly inputs: readonly Expression[]
  /** Dictionaries are taken as they are. */
  readonly takesCodes?: boolean
  readonly run: (args: readonly Argument[], rowCount: number, arena: Arena) => FlatBlock | undefined
}

export const bytesOf = (argument: Argument): BytesBlock | undefined =>
  argument.block.storage === 'bytes' ? argument.block : undefined

export type TextOperation = (
  type: SqlType,
  block: BytesBlock,
  arena: Arena,
) => FlatBlock | undefined

/** A function of one column of texts, its other arguments known. */
export function ofTexts(
  e: CallExpression | CastExpression,
  text: Expression | undefined,
  operation: TextOperation,
): Recognized | undefined {
  if (text?.type.kind !== 'varchar') return undefined
  return {
    inputs: [text],
    run: ([argument], _, arena) => {
      const block = bytesOf(argument!)
      if (block === undefined || argument!.isConstant) return undefined
      return operation(e.type, block, arena)
    },
  }
}

/** The text of a constant, of a JSON path too. */
export function constantText(e: Expression | undefined): string | undefined {
  if (e?.kind === 'cast' && e.type.kind === 'jsonpath') return constantText(e.arg)
  return e?.kind === 'constant' && typeof e.value === 'string' ? e.value : undefined
}
