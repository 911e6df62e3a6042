import {
  type Arena,
  assert,
  type Block,
  blockOf,
  type FlatBlock,
  flatten,
  mayHaveNulls,
  type Page,
  type Validity,
  type VarcharType,
} from '../../spi/index.js'
import { isTypeOnlyCoercion } from '../coercion.js'
import type { CallExpression, CastExpression, ConstantExpression, Expression } from '../ir.js'
import { collectChannels } from '../ir-walk.js'
import {
  type Argument,
  bytesOf,
  constantText,
  ofTexts,
  type Recognized,
  type TextOperation,
} from './column-recognition.js'
import { importBlock } from './import.js'
import { jsonArrayLength, jsonScalar, jsonSize } from './json-functions.js'
import { hasNumberTexts, numberTexts } from './number-texts.js'
import { replaceTexts } from './replace-texts.js'
import { hasTemporalTexts, temporalTexts } from './temporal-texts.js'
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
import { hasTextNumbers, numbersOfTexts } from './text-numbers.js'

/**
 * Functions that are evaluated a column at a time, of columns, constants and each other: of texts, JSON in texts, texts of numbers and
 * numbers in texts, and the sizes of arrays and maps. All are NULL where an argument is, and none fails: what fails in a
 * row is left to another engine.
 */
export interface ColumnFunction {
  /** @returns undefined where the page's blocks need another engine */
  evaluate(page: Page, arena: Arena): FlatBlock | undefined
}

type Source = (page: Page, arena: Arena) => Argument | undefined
/** The column function an expression is; undefined for any other. */
export const columnFunctionOf = (e: Expression): ColumnFunction | undefined =>
  functionOf(e, collectChannels(e).length > 1)

/** @param flattens whether dictionaries are worth flattening; of one column their entries are evaluated instead */
function functionOf(e: Expression, flattens: boolean): ColumnFunction | undefined {
  const recognized = recognize(e)
  if (recognized === undefined || collectChannels(e).length === 0) return undefined
  const sources: Source[] = []
  for (const input of recognized.inputs) {
    const source = sourceOf(input, flattens, recognized.takesCodes === true)
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
  if (e.kind === 'cast') return numberText(e) ?? textNumber(e)
  if (e.kind !== 'call' || !Object.hasOwn(FUNCTIONS, e.function.name)) return undefined
  return FUNCTIONS[e.function.name]!(e)
}

function sourceOf(e: Expression, flattens: boolean, takesCodes: boolean): Source | undefined {
  switch (e.kind) {
    case 'input':
      return (page, arena) => argumentOf(page.blocks[e.channel]!, flattens, takesCodes, arena)
    case 'constant': {
      if (e.value === null) return undefined
      const block = blockOf(e.type, [e.value])
      return (_, arena) => ({ block: imported(block, arena), isConstant: true })
    }
    case 'cast':
      return !e.safe && isTypeOnlyCoercion(e.arg.type, e.type)
        ? sourceOf(e.arg, flattens, takesCodes)
        : sourceOfFunction(e, flattens)
    default:
      return sourceOfFunction(e, flattens)
  }
}

function sourceOfFunction(e: Expression, flattens: boolean): Source | undefined {
  const inner = functionOf(e, flattens)
  if (inner === undefined) return undefined
  return (page, arena) => {
    const block = inner.evaluate(page, arena)
    return block && { block, isConstant: false }
  }
}

function argumentOf(
  block: Block,
  flattens: boolean,
  takesCodes: boolean,
  arena: Arena,
): Argument | undefined {
  switch (block.encoding) {
    case 'flat':
      return { block: imported(block, arena), isConstant: false }
    case 'constant':
      return { block: imported(block.value, arena), isConstant: true }
    case 'dictionary': {
      if (!flattens) return undefined
      if (!takesCodes || mayHaveNulls(block.dictionary)) {
        return { block: imported(flatten(block, arena), arena), isConstant: false }
      }
      const rows = importBlock(block, arena)
      assert(rows.encoding === 'dictionary', 'imported blocks keep their encoding')
      return { block: rows.dictionary, isConstant: false, rows }
    }
  }
}

/** Kernels read texts; of other blocks only offsets are read, here. */
function imported(block: FlatBlock, arena: Arena): FlatBlock {
  if (block.storage !== 'bytes') return block
  const result = importBlock(block, arena)
  assert(result.encoding === 'flat', 'imported blocks keep their encoding')
  return result
}

const unaryText =
  (operation: TextOperation) =>
  (e: CallExpression): Recognized | undefined =>
    e.args.length === 1 ? ofTexts(e, e.args[0], operation) : undefined

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
  return ofTexts(e, e.args[0], (type, block, arena) =>
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
  for (const { block, isConstant, rows } of columns) {
    const { validity } = rows ?? block
    if (validity === null) continue
    if (isConstant) {
      if ((validity[0]! & 1) === 0) return undefined
      continue
    }
    if (common === null) {
      common = validity
      continue
    }
    const both = arena.allocate(Math.min(common.length, validity.length))
    for (let i = 0; i < both.length; i++) both[i] = common[i]! & validity[i]!
    common = both
  }
  return common
}

/** A function of several columns of texts; not all are constant. */
function ofManyTexts(
  args: readonly Expression[],
  takesCodes: boolean,
  run: (
    columns: readonly TextArgument[],
    rowCount: number,
    validity: Validity,
    arena: Arena,
  ) => FlatBlock | undefined,
): Recognized | undefined {
  if (args.length < 2 || args.some((arg) => arg.type.kind !== 'varchar')) return undefined
  return {
    inputs: args,
    takesCodes,
    run: (given, rowCount, arena) => {
      const columns: TextArgument[] = []
      for (const argument of given) {
        const block = bytesOf(argument)
        if (block === undefined) return undefined
        columns.push({ ...argument, block })
      }
      const validity = commonValidity(columns, arena)
      return validity === undefined ? undefined : run(columns, rowCount, validity, arena)
    },
  }
}

/** What concatenations of concatenations put together in the end. */
const piecesOf = (e: Expression): readonly Expression[] =>
  e.kind === 'call' && e.function.name === 'concat' && e.type.kind === 'varchar'
    ? e.args.flatMap(piecesOf)
    : e.kind === 'cast' && !e.safe && isTypeOnlyCoercion(e.arg.type, e.type)
      ? piecesOf(e.arg)
      : [e]

const concat = (e: CallExpression): Recognized | undefined =>
  ofManyTexts(piecesOf(e), true, (columns, rowCount, validity, arena) =>
    concatenate(e.type, columns, rowCount, validity, arena),
  )

function strpos(e: CallExpression): Recognized | undefined {
  if (e.args.length !== 2) return undefined
  return ofManyTexts(e.args, false, ([text, wanted], _, validity, arena) =>
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

/** TRY_CAST too: no text of a number, date or time fails but for its length, which is left to the other engines. */
function numberText({ arg, type }: CastExpression): Recognized | undefined {
  const make = hasNumberTexts(arg.type, type)
    ? numberTexts
    : hasTemporalTexts(arg.type, type)
      ? temporalTexts
      : undefined
  return (
    make && {
      inputs: [arg],
      run: ([argument], _, arena) =>
        argument!.isConstant
          ? undefined
          : make(arg.type, type as VarcharType, argument!.block, arena),
    }
  )
}

/** TRY_CAST too: where any text is no number in digits the other engines have to tell what it is. */
const textNumber = (e: CastExpression): Recognized | undefined =>
  hasTextNumbers(e.arg.type, e.type) ? ofTexts(e, e.arg, numbersOfTexts) : undefined

function replace(e: CallExpression): Recognized | undefined {
  const wanted = constantText(e.args[1])
  const instead = e.args.length === 2 ? '' : constantText(e.args[2])
  if (wanted === undefined || wanted === '' || instead === undefined) return undefined
  return ofTexts(e, e.args[0], (type, block, arena) =>
    replaceTexts(wanted, instead, type, block, arena),
  )
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
  replace,
  json_extract_scalar: jsonScalar,
  json_array_length: jsonArrayLength,
  json_size: jsonSize,
}
