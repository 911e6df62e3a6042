import {
  type Arena,
  assert,
  type Block,
  type BytesBlock,
  blockOf,
  type FlatBlock,
  flatten,
  type Page,
  type SqlType,
  type Validity,
  type VarcharType,
} from '../../spi/index.js'
import { isTypeOnlyCoercion } from '../coercion.js'
import type { CallExpression, CastExpression, ConstantExpression, Expression } from '../ir.js'
import { collectChannels } from '../ir-walk.js'
import { importBlock } from './import.js'
import { hasNumberTexts, numberTexts } from './number-texts.js'
import { TRIM_END, TRIM_START } from './text-column-kernels.js'
import {
  changeCase,
  concatenate,
  partsOf,
  positionsIn,
  reverseTexts,
  type TextArgument,
  trimTexts,
} from './text-columns.js'
import { isAscii, lengthsOf, sizesOf, substringOf } from './text-functions.js'

/**
 * Functions that are evaluated a column at a time, of columns, constants and each other: of texts, texts of numbers, and the sizes
 * of arrays and maps. All are NULL where an argument is, and none fails.
 */
export interface ColumnFunction {
  /** @returns undefined where the page's blocks need another engine */
  evaluate(page: Page, arena: Arena): FlatBlock | undefined
}

/** A block of an argument, texts in the arena's memory; of a constant block its one position. */
interface Argument {
  readonly block: FlatBlock
  readonly isConstant: boolean
}

type Source = (page: Page, arena: Arena) => Argument | undefined
type Operation = (
  args: readonly Argument[],
  rowCount: number,
  arena: Arena,
) => FlatBlock | undefined

/** What a call does with the columns that are its inputs. */
interface Recognized {
  readonly inputs: readonly Expression[]
  readonly run: Operation
}

/** The column function an expression is; undefined for any other. */
export function columnFunctionOf(e: Expression): ColumnFunction | undefined {
  const recognized = recognize(e)
  if (recognized === undefined) return undefined
  const channels = collectChannels(e)
  if (channels.length === 0) return undefined
  const sources: Source[] = []
  for (const input of recognized.inputs) {
    const source = sourceOf(input, channels.length > 1)
    if (source === undefined) return undefined
    sources.push(source)
  }
  return {
    evaluate(page, arena) {
      const args: Argument[] = []
      for (const source of sources) {
        const argument = source(page, arena)
        if (argument === undefined) return undefined
        args.push(argument)
      }
      return recognized.run(args, page.rowCount, arena)
    },
  }
}

function recognize(e: Expression): Recognized | undefined {
  if (e.kind === 'cast') return numberText(e)
  if (e.kind !== 'call' || !Object.hasOwn(FUNCTIONS, e.function.name)) return undefined
  return FUNCTIONS[e.function.name]!(e)
}

/** @param flattens whether dictionaries are worth flattening; of one column their entries are evaluated instead */
function sourceOf(e: Expression, flattens: boolean): Source | undefined {
  switch (e.kind) {
    case 'input':
      return (page, arena) => argumentOf(page.blocks[e.channel]!, flattens, arena)
    case 'constant': {
      if (e.value === null) return undefined
      const block = blockOf(e.type, [e.value])
      return (_, arena) => ({ block: imported(block, arena), isConstant: true })
    }
    case 'cast':
      return !e.safe && isTypeOnlyCoercion(e.arg.type, e.type)
        ? sourceOf(e.arg, flattens)
        : sourceOfFunction(e)
    default:
      return sourceOfFunction(e)
  }
}

function sourceOfFunction(e: Expression): Source | undefined {
  const inner = columnFunctionOf(e)
  if (inner === undefined) return undefined
  return (page, arena) => {
    const block = inner.evaluate(page, arena)
    return block && { block, isConstant: false }
  }
}

function argumentOf(block: Block, flattens: boolean, arena: Arena): Argument | undefined {
  switch (block.encoding) {
    case 'flat':
      return { block: imported(block, arena), isConstant: false }
    case 'constant':
      return { block: imported(block.value, arena), isConstant: true }
    case 'dictionary':
      return flattens
        ? { block: imported(flatten(block, arena), arena), isConstant: false }
        : undefined
  }
}

/** Kernels read texts; of other blocks only offsets are read, here. */
function imported(block: FlatBlock, arena: Arena): FlatBlock {
  if (block.storage !== 'bytes') return block
  const result = importBlock(block, arena)
  assert(result.encoding === 'flat', 'imported blocks keep their encoding')
  return result
}

const bytesOf = (argument: Argument): BytesBlock | undefined =>
  argument.block.storage === 'bytes' ? argument.block : undefined

type TextOperation = (type: SqlType, block: BytesBlock, arena: Arena) => FlatBlock | undefined

/** A function of one column of texts, its other arguments known. */
function ofTexts(e: CallExpression, operation: TextOperation): Recognized | undefined {
  const [text] = e.args
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

const unaryText =
  (operation: TextOperation) =>
  (e: CallExpression): Recognized | undefined =>
    e.args.length === 1 ? ofTexts(e, operation) : undefined

const INT_MAX = 2_147_483_647

/** A constant position; those no text reaches are as good as the greatest. */
function constantPosition(e: Expression | undefined): number | undefined {
  if (e?.kind !== 'constant' || typeof e.value !== 'bigint') return undefined
  return Math.max(-INT_MAX, Math.min(INT_MAX, Number(e.value)))
}

function substring(e: CallExpression): Recognized | undefined {
  const from = constantPosition(e.args[1])
  const length = e.args.length === 2 ? INT_MAX : constantPosition(e.args[2])
  if (from === undefined || length === undefined) return undefined
  return ofTexts(e, (type, block, arena) =>
    isAscii(block) ? substringOf({ from, length }, type, block, arena) : undefined,
  )
}

function splitPart(e: CallExpression): Recognized | undefined {
  const [text, delimiter, position] = e.args
  const index = constantPosition(position)
  const isText = delimiter?.kind === 'constant' && delimiter.value !== ''
  if (index === undefined || index <= 0 || !isText || text?.type.kind !== 'varchar')
    return undefined
  return {
    inputs: [text, delimiter as ConstantExpression],
    run: ([given, by], _, arena) => {
      const block = bytesOf(given!)
      if (block === undefined || given!.isConstant) return undefined
      return partsOf(e.type, block, bytesOf(by!)!, index, arena)
    },
  }
}

/** Validity of what is NULL where any of the columns is; undefined where a constant is NULL. */
function commonValidity(columns: readonly TextArgument[], arena: Arena): Validity | undefined {
  let common: Validity = null
  for (const { block, isConstant } of columns) {
    const { validity } = block
    if (validity === null) continue
    if (isConstant) {
      if ((validity[0]! & 1) === 0) return undefined
      continue
    }
    if (common === null) {
      common = validity
      continue
    }
    const both = arena.allocate((block.rowCount + 7) >> 3)
    for (let i = 0; i < both.length; i++) both[i] = common[i]! & validity[i]!
    common = both
  }
  return common
}

/** A function of several columns of texts; not all are constant. */
function ofManyTexts(
  e: CallExpression,
  run: (
    columns: readonly TextArgument[],
    rowCount: number,
    validity: Validity,
    arena: Arena,
  ) => FlatBlock | undefined,
): Recognized | undefined {
  if (e.args.length < 2 || e.args.some((arg) => arg.type.kind !== 'varchar')) return undefined
  return {
    inputs: e.args,
    run: (args, rowCount, arena) => {
      const columns: TextArgument[] = []
      for (const argument of args) {
        const block = bytesOf(argument)
        if (block === undefined) return undefined
        columns.push({ block, isConstant: argument.isConstant })
      }
      const validity = commonValidity(columns, arena)
      return validity === undefined ? undefined : run(columns, rowCount, validity, arena)
    },
  }
}

const concat = (e: CallExpression): Recognized | undefined =>
  ofManyTexts(e, (columns, rowCount, validity, arena) =>
    concatenate(e.type, columns, rowCount, validity, arena),
  )

function strpos(e: CallExpression): Recognized | undefined {
  if (e.args.length !== 2) return undefined
  return ofManyTexts(e, ([text, wanted], _, validity, arena) =>
    text!.isConstant ? undefined : positionsIn(e.type, text!.block, wanted!, validity, arena),
  )
}

function cardinality(e: CallExpression): Recognized | undefined {
  const [collection] = e.args
  if (collection?.type.kind !== 'array' && collection?.type.kind !== 'map') return undefined
  return {
    inputs: [collection],
    run: ([argument], _, arena) => {
      const { block, isConstant } = argument!
      if (isConstant || (block.storage !== 'array' && block.storage !== 'map')) return undefined
      return sizesOf(e.type, block, arena)
    },
  }
}

/** TRY_CAST too: no text of a number fails but for its length, which is left to the other engines. */
function numberText({ arg, type }: CastExpression): Recognized | undefined {
  if (!hasNumberTexts(arg.type, type)) return undefined
  return {
    inputs: [arg],
    run: ([argument], _, arena) =>
      argument!.isConstant
        ? undefined
        : numberTexts(arg.type, type as VarcharType, argument!.block, arena),
  }
}

const FUNCTIONS: Readonly<Record<string, (e: CallExpression) => Recognized | undefined>> = {
  length: unaryText(lengthsOf),
  substring,
  substr: substring,
  upper: unaryText(changeCase('upper')),
  lower: unaryText(changeCase('lower')),
  reverse: unaryText(reverseTexts),
  trim: unaryText(trimTexts(TRIM_START | TRIM_END)),
  ltrim: unaryText(trimTexts(TRIM_START)),
  rtrim: unaryText(trimTexts(TRIM_END)),
  concat,
  strpos,
  split_part: splitPart,
  cardinality,
}
