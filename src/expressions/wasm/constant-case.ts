import {
  type Arena,
  assert,
  type Block,
  blockOf,
  type FlatBlock,
  INTEGER,
} from '../../spi/index.js'
import type { CaseExpression, Expression } from '../ir.js'
import { caseWhen, constant } from '../ir-build.js'
import { importBlock } from './import.js'
import { repOf } from './lowered.js'

/**
 * A CASE that chooses among constants kernels have no values for, such as texts: the kernel chooses their numbers, which
 * are the codes of a dictionary of them.
 */
export interface ConstantCase {
  /** The same CASE of INTEGER codes from 0. */
  readonly codes: CaseExpression
  /** The constants by code. */
  readonly dictionary: FlatBlock
}

/** Codes are bytes. */
const RESULTS_MAX = 128

export function constantCaseOf(e: Expression): ConstantCase | undefined {
  if (e.kind !== 'case' || repOf(e.type) !== undefined) return undefined
  const results = [...e.whens.map((when) => when.result), e.otherwise]
  if (results.length > RESULTS_MAX) return undefined
  const values = []
  for (const result of results) {
    if (result.kind !== 'constant') return undefined
    values.push(result.value)
  }
  const whens = e.whens.map(({ condition }, code) => ({
    condition,
    result: constant(INTEGER, code),
  }))
  const codes = caseWhen(whens, constant(INTEGER, e.whens.length))
  assert(codes.kind === 'case')
  return { codes, dictionary: blockOf(e.type, values) }
}

/** The block of a constant CASE, from the block of its codes. */
export function decodeCase({ dictionary }: ConstantCase, codes: Block, arena: Arena): Block {
  assert(codes.encoding === 'flat' && codes.storage === 'i8', 'codes are bytes')
  const { rowCount, values } = codes
  const imported = importBlock(dictionary, arena)
  assert(imported.encoding === 'flat')
  return {
    encoding: 'dictionary',
    type: dictionary.type,
    rowCount,
    codes: new Uint8Array(values.buffer, values.byteOffset, rowCount),
    dictionary: imported,
    validity: null,
  }
}
