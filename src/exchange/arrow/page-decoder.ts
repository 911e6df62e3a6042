import type { Block, DictionaryBlock, Page, SqlType } from '../../spi/index.js'
import { BatchReader, ParameterReader } from './batch-reader.js'
import { GrowingDictionary } from './growing-dictionary.js'
import { decodeLayout } from './layout-text.js'
import { corrupt, type ReceivedBatch, readBatchMessage } from './message.js'
import { SCHEMA_SLOTS, SHARED_DICTIONARIES_MAX } from './page-encoder.js'
import type { ColumnLayout, Layout, PageLayout } from './page-layout.js'
import type { RawBody } from './sealed-body.js'

/** Reads the bodies of one stream, in order. Blocks are views of the bodies. */
export class PageDecoder {
  readonly #dictionaryPrefix: string
  readonly #schemas: (PageLayout | undefined)[] = []
  readonly #dictionaries: (GrowingDictionary | undefined)[] = []

  /** @param dictionaryPrefix tells the named dictionaries of this stream from those of others */
  constructor(dictionaryPrefix: string) {
    this.#dictionaryPrefix = dictionaryPrefix
  }

  /** @throws CORRUPT_PAGE */
  addSchema(slot: number, body: RawBody): void {
    if (slot >= SCHEMA_SLOTS) throw corrupt(`schema ${slot}`)
    this.#schemas[slot] = decodeLayout(body)
  }

  /** @throws CORRUPT_PAGE */
  addDictionary(number: number, body: RawBody): void {
    if (number >= SHARED_DICTIONARIES_MAX) throw corrupt(`dictionary ${number}`)
    const batch = readBatchMessage(body.bytes, body.parametersLength)
    if (batch.dictionary?.id !== number) throw corrupt('another dictionary')
    const reader = new BatchReader(batch, new ParameterReader(body))
    const entries = reader.flat(ENTRIES, { kind: 'varchar' }, batch.rowCount)
    if (entries.storage !== 'bytes' || entries.validity !== null) throw corrupt('entries')
    let dictionary = this.#dictionaries[number]
    if (!batch.dictionary.isDelta) {
      dictionary = new GrowingDictionary(`${this.#dictionaryPrefix}${number}`)
      this.#dictionaries[number] = dictionary
    }
    if (dictionary === undefined) throw corrupt('a dictionary without its beginning')
    dictionary.append(entries)
  }

  /** @throws CORRUPT_PAGE */
  decode(slot: number, body: RawBody): Page {
    const layout = this.#schemas[slot]
    if (layout === undefined) throw corrupt(`a page before its schema ${slot}`)
    const batches = readBatches(body)
    const locals = new Map<number, ReceivedBatch>()
    for (const batch of batches) {
      if (batch.dictionary !== undefined) locals.set(batch.dictionary.id, batch)
    }
    const [main, constants] = batches.slice(locals.size)
    if (main === undefined || main.dictionary !== undefined) throw corrupt('no rows')
    const parameters = new ParameterReader(body)
    const rows = new BatchReader(main, parameters)
    const single = constants === undefined ? undefined : new BatchReader(constants, parameters)
    const readers: PageReaders = { rows, single, locals, parameters }
    const { rowCount } = main
    const blocks = layout.columns.map((column, channel) =>
      this.#column(column, layout.types[channel]!, rowCount, readers),
    )
    if (!layout.hasChanges) return { rowCount, blocks }
    const { values } = rows.flat({ storage: 'bool', parts: [] }, { kind: 'boolean' }, rowCount) as {
      values: Uint8Array
    }
    return { rowCount, blocks, changes: new Int8Array(values.buffer, values.byteOffset, rowCount) }
  }

  #column(
    { isConstant, layout }: ColumnLayout,
    type: SqlType,
    rowCount: number,
    readers: PageReaders,
  ): Block {
    if (isConstant) {
      if (readers.single === undefined) throw corrupt('no constants')
      return { encoding: 'constant', type, rowCount, value: readers.single.flat(layout, type, 1) }
    }
    if (layout.storage !== 'codes') return readers.rows.flat(layout, type, rowCount)
    return this.#codes(layout, type, rowCount, readers)
  }

  #codes(
    layout: Extract<Layout, { storage: 'codes' }>,
    type: SqlType,
    rowCount: number,
    { rows, locals, parameters }: PageReaders,
  ): DictionaryBlock {
    if (layout.isShared) {
      const shared = this.#dictionaries[layout.dictionary]
      if (shared === undefined) throw corrupt('a page before its dictionary')
      const { codes, validity } = rows.codes(layout.width, rowCount)
      const dictionary = shared.block(type)
      return {
        encoding: 'dictionary',
        type,
        rowCount,
        codes,
        validity,
        dictionary,
        dictionaryId: shared.id,
      }
    }
    const batch = locals.get(layout.dictionary)
    if (batch === undefined) throw corrupt('a page without its dictionary')
    const dictionary = new BatchReader(batch, parameters).flat(
      layout.parts[0]!,
      type,
      batch.rowCount,
    )
    const { codes, validity } = rows.codes(layout.width, rowCount)
    return { encoding: 'dictionary', type, rowCount, codes, validity, dictionary }
  }
}

const ENTRIES: Layout = { storage: 'bytes', parts: [] }

interface PageReaders {
  readonly rows: BatchReader
  /** Of the one row of constants. */
  readonly single: BatchReader | undefined
  readonly locals: ReadonlyMap<number, ReceivedBatch>
  readonly parameters: ParameterReader
}

function readBatches({ bytes, parametersLength }: RawBody): readonly ReceivedBatch[] {
  const batches: ReceivedBatch[] = []
  for (let at = parametersLength; at < bytes.length; ) {
    const batch = readBatchMessage(bytes, at)
    batches.push(batch)
    at = batch.end
  }
  return batches
}
