import { FlatBufferWriter } from './flatbuffer-writer.js'
import type { ArrowColumn } from './ipc-writer.js'
import { writeSchema } from './schema-message.js'
import { METADATA_V5 } from './schema-parts.js'

/** Where a batch is in a file. */
export interface FileBlock {
  readonly offset: number
  /** With the eight bytes before it. */
  readonly metadataLength: number
  readonly bodyLength: number
}

/** Bytes of the struct Block. @source File.fbs */
export const FILE_BLOCK_BYTES = 24

/** What stands at the end of a file. @source File.fbs, Footer */
export function fileFooter(
  columns: readonly ArrowColumn[],
  blocks: readonly FileBlock[],
): Uint8Array {
  const writer = new FlatBufferWriter()
  const structs = new Uint8Array(blocks.length * FILE_BLOCK_BYTES)
  const view = new DataView(structs.buffer)
  for (const [i, { offset, metadataLength, bodyLength }] of blocks.entries()) {
    const at = i * FILE_BLOCK_BYTES
    view.setBigInt64(at, BigInt(offset), true)
    view.setInt32(at + 8, metadataLength, true)
    view.setBigInt64(at + 16, BigInt(bodyLength), true)
  }
  const batches = writer.structs(structs, blocks.length)
  const schema = writeSchema(writer, columns)
  writer.startTable(4)
  writer.reference(3, batches)
  writer.reference(1, schema)
  writer.int16(0, METADATA_V5)
  return writer.finish(writer.endTable())
}
