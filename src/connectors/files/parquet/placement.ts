import type { Arena, Validity } from '../../../spi/index.js'
import type { Scratch } from './scratch.js'

/**
 * Where the values of a batch go: their rows, and of those the ones that are wanted. Addresses are of kernel memory.
 */
export interface Placement {
  /** Values that were read, none of them null. */
  readonly valueCount: number
  /** Rows of the batch before selection. */
  readonly batchRows: number
  /** A byte a row: 1 where it has a value; undefined where all have. */
  readonly valid: number | undefined
  readonly selection: Selection | undefined
}

/** Rows of a batch that are wanted. */
export interface Selection {
  readonly rowCount: number
  /** 32-bit positions, ascending. */
  readonly positions: number
  /** A byte a row of the batch. */
  readonly mask: number
}

export const placedRows = ({ batchRows, selection }: Placement): number =>
  selection?.rowCount ?? batchRows

const WIDTH_BITS = { 1: 8, 2: 16, 4: 32, 8: 64, 16: 128 } as const
export type LaneBytes = keyof typeof WIDTH_BITS

/** Puts the values of a lane to their rows; gives the address of what has the rows. */
export function placeLane(
  scratch: Scratch,
  from: number,
  width: LaneBytes,
  { batchRows, valid, selection }: Placement,
): number {
  const { kernels } = scratch.memory
  const bits = WIDTH_BITS[width]
  let at = from
  if (valid !== undefined) {
    const to = scratch.take('spread', batchRows * width)
    kernels[`spread${bits}`](at, valid, to, batchRows)
    at = to
  }
  if (selection !== undefined) {
    const to = scratch.take('selected', selection.rowCount * width)
    kernels[`gather${bits}`](selection.positions, at, to, selection.rowCount)
    at = to
  }
  return at
}

/** The validity of the rows, in the arena; null where no row is null. */
export function placeValidity(scratch: Scratch, placement: Placement, arena: Arena): Validity {
  const { valid, selection } = placement
  if (valid === undefined) return null
  const { kernels } = scratch.memory
  const rowCount = placedRows(placement)
  let from = valid
  if (selection !== undefined) {
    from = scratch.take('selectedValid', rowCount)
    kernels.gather8(selection.positions, valid, from, rowCount)
  }
  const byteLength = (rowCount + 7) >> 3
  const to = scratch.take('bits', byteLength + 2)
  kernels.bitmap(from, to, rowCount)
  const validity = copyOut(scratch, to, byteLength, arena)
  const rest = rowCount & 7
  if (rest !== 0) validity[byteLength - 1]! &= (1 << rest) - 1
  return validity
}

/** Copies from kernel memory into an arena. */
export function copyOut(
  scratch: Scratch,
  from: number,
  byteLength: number,
  arena: Arena,
): Uint8Array {
  const bytes = arena.allocate(byteLength)
  bytes.set(scratch.memory.bytes(from, byteLength))
  return bytes
}
