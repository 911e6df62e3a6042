import { batchMessageBytes, padded, writeBatchMessage } from '../../arrow/batch-message.js'
import { type DictionaryBlock, type FlatBlock, MillraceError, type Page } from '../../spi/index.js'
import { BatchCollector } from './batch-collector.js'
import { encodeLayout } from './layout-text.js'
import { type ColumnLayout, layoutKey, type PageLayout } from './page-layout.js'
import { schemaMessage } from './schema-message.js'
import { type EncodedBody, sealBody } from './sealed-body.js'

/** A page as bytes: what has to be sent before it, unless it was, and the page itself. */
export interface EncodedPage {
  /** In the order in which they are sent; each once a stream. */
  readonly needs: readonly EncodedPart[]
  /** The schema that the body's batches have. */
  readonly schema: number
  readonly rowCount: number
  readonly body: EncodedBody
}

/** What several pages lean on. */
export interface EncodedPart {
  readonly kind: 'schema' | 'dictionary'
  /** The schema's slot or the dictionary's number. */
  readonly number: number
  /** Ascends by each part that is made: a stream that has sent it leaves out this part. */
  readonly serial: number
  readonly body: EncodedBody
}

/** Larger pages are cut, so that a reader's window and one frame bound what it holds. */
const TARGET_BODY_BYTES = 4 * 2 ** 20
/** A single row may be as long as this. */
const BODY_BYTES_MAX = 256 * 2 ** 20
/** A stream's reader keeps this many schemas; a slot is used again for another. */
export const SCHEMA_SLOTS = 256
/** Dictionaries that are sent once and kept by both ends. */
export const SHARED_DICTIONARIES_MAX = 256
const SHARED_DICTIONARY_ENTRIES_MAX = 65_536
const SHARED_DICTIONARIES_BYTES_MAX = 16 * 2 ** 20
/** Numbers of dictionaries that come with their page start here. */
const FIRST_LOCAL_DICTIONARY = 1 << 20

interface SharedDictionary {
  readonly number: number
  readonly parts: EncodedPart[]
  entryCount: number
}

interface LocalDictionary {
  readonly number: number
  readonly batch: BatchCollector
}

/** Makes the frames' bodies of the pages of one output buffer. Its parts are shared by all its streams. */
export class PageEncoder {
  readonly #compress: boolean
  readonly #schemas = new Map<string, EncodedPart>()
  readonly #dictionaries = new Map<string, SharedDictionary>()
  #dictionaryBytes = 0
  #nextSerial = 0

  constructor(options: { readonly compress?: boolean } = {}) {
    this.#compress = options.compress ?? false
  }

  /** Copies a page into one or, if it is large, several bodies. @throws PAGE_TOO_LARGE for one row beyond 256 MiB */
  encode(page: Page): readonly EncodedPage[] {
    return this.#encodeRange(page, 0, page.rowCount)
  }

  #encodeRange(page: Page, start: number, rowCount: number): readonly EncodedPage[] {
    const draft = this.#draft(page, start, rowCount)
    if (draft.byteLength > 2 * TARGET_BODY_BYTES && rowCount > 1) {
      const rows = Math.ceil(rowCount / Math.ceil(draft.byteLength / TARGET_BODY_BYTES))
      const encoded: EncodedPage[] = []
      for (let from = 0; from < rowCount; from += rows) {
        encoded.push(...this.#encodeRange(page, start + from, Math.min(rows, rowCount - from)))
      }
      return encoded
    }
    if (draft.byteLength > BODY_BYTES_MAX) {
      throw new MillraceError(
        'PAGE_TOO_LARGE',
        `A row is too large for the exchange: ${draft.byteLength} bytes`,
      )
    }
    const { layout, needs } = draft
    const schema = this.#schemaOf(layout)
    return [
      {
        needs: [schema, ...needs],
        schema: schema.number,
        rowCount,
        body: sealBody(draft.write(), this.#compress),
      },
    ]
  }

  /** Measures a range of a page. */
  #draft(page: Page, start: number, rowCount: number): PageDraft {
    const parameters: number[] = []
    const main = new BatchCollector(rowCount, parameters)
    const constants = new BatchCollector(1, parameters)
    const locals: LocalDictionary[] = []
    const needs: EncodedPart[] = []
    const columns = page.blocks.map((block): ColumnLayout => {
      if (block.encoding === 'constant') {
        return { isConstant: true, layout: constants.addFlat(block.value, 0, 1) }
      }
      if (block.encoding === 'dictionary') {
        const layout =
          this.#addShared(main, block, start, rowCount, needs) ??
          addLocal(main, block, start, rowCount, locals, parameters)
        if (layout !== undefined) return { isConstant: false, layout }
      }
      return { isConstant: false, layout: main.addBlock(block, start, rowCount) }
    })
    if (page.changes !== undefined) main.addCodes(page.changes, rowCount, null, start)
    return new PageDraft(
      {
        types: page.blocks.map((block) => block.type),
        columns,
        hasChanges: page.changes !== undefined,
      },
      parameters,
      main,
      constants,
      locals,
      needs,
    )
  }

  /** Adds the codes of a named dictionary, which is sent as far as the reader does not have it. */
  #addShared(
    main: BatchCollector,
    block: DictionaryBlock,
    start: number,
    rowCount: number,
    needs: EncodedPart[],
  ): ColumnLayout['layout'] | undefined {
    const { dictionaryId, dictionary } = block
    if (dictionaryId === undefined || dictionary.storage !== 'bytes') return undefined
    const shared = this.#sharedDictionary(dictionaryId, dictionary)
    if (shared === undefined) return undefined
    needs.push(...shared.parts)
    main.addCodes(block.codes, rowCount, block.validity, start)
    return {
      storage: 'codes',
      width: block.codes.BYTES_PER_ELEMENT as 1 | 2 | 4,
      dictionary: shared.number,
      isShared: true,
      parts: [{ storage: 'bytes', parts: [] }],
    }
  }

  #sharedDictionary(
    id: string,
    dictionary: Extract<FlatBlock, { storage: 'bytes' }>,
  ): SharedDictionary | undefined {
    const { rowCount, offsets, validity } = dictionary
    if (rowCount > SHARED_DICTIONARY_ENTRIES_MAX || validity !== null) return undefined
    // One type an id, so that a stream's reader knows the entries' type.
    const key = `${dictionary.type.kind} ${id}`
    let shared = this.#dictionaries.get(key)
    const known = shared?.entryCount ?? 0
    const addedBytes = offsets[rowCount]! - offsets[Math.min(known, rowCount)]!
    if (shared === undefined || known < rowCount) {
      if (this.#dictionaryBytes + addedBytes > SHARED_DICTIONARIES_BYTES_MAX) return undefined
      if (shared === undefined) {
        if (this.#dictionaries.size >= SHARED_DICTIONARIES_MAX) return undefined
        shared = { number: this.#dictionaries.size, parts: [], entryCount: 0 }
        this.#dictionaries.set(key, shared)
      }
      this.#dictionaryBytes += addedBytes
      shared.parts.push(this.#dictionaryPart(shared, dictionary))
      shared.entryCount = rowCount
    }
    return shared
  }

  /** The entries that were added since the last part. */
  #dictionaryPart(
    { number, entryCount }: SharedDictionary,
    dictionary: Extract<FlatBlock, { storage: 'bytes' }>,
  ): EncodedPart {
    const parameters: number[] = []
    const added = dictionary.rowCount - entryCount
    const batch = new BatchCollector(added, parameters)
    batch.addFlat(dictionary, entryCount, added)
    const bytes = new Uint8Array(8 + batchMessageBytes(batch, true))
    new Float64Array(bytes.buffer, 0, 1).set(parameters)
    writeBatchMessage(bytes, 8, batch, { id: number, isDelta: entryCount > 0 })
    return {
      kind: 'dictionary',
      number,
      serial: this.#nextSerial++,
      body: sealBody({ bytes, parametersLength: 8 }, this.#compress),
    }
  }

  #schemaOf(layout: PageLayout): EncodedPart {
    const key = layoutKey(layout.columns, layout.hasChanges)
    let schema = this.#schemas.get(key)
    if (schema === undefined) {
      const serial = this.#nextSerial++
      const oldest =
        this.#schemas.size < SCHEMA_SLOTS ? undefined : this.#schemas.entries().next().value
      if (oldest !== undefined) this.#schemas.delete(oldest[0])
      const number = oldest?.[1].number ?? this.#schemas.size
      const messages = [schemaMessage(layout, false)]
      if (layout.columns.some((column) => column.isConstant))
        messages.push(schemaMessage(layout, true))
      schema = {
        kind: 'schema',
        number,
        serial,
        body: sealBody(encodeLayout(layout, messages), this.#compress),
      }
      this.#schemas.set(key, schema)
    }
    return schema
  }
}

/** A dictionary without a name comes with the page, if that is shorter than the values it stands for. */
function addLocal(
  main: BatchCollector,
  block: DictionaryBlock,
  start: number,
  rowCount: number,
  locals: LocalDictionary[],
  parameters: number[],
): ColumnLayout['layout'] | undefined {
  const { dictionary, codes, validity } = block
  if (dictionary.storage === 'null' || dictionary.rowCount * 2 > rowCount) return undefined
  const number = FIRST_LOCAL_DICTIONARY + locals.length
  const batch = new BatchCollector(dictionary.rowCount, parameters)
  const entries = batch.addFlat(dictionary, 0, dictionary.rowCount)
  locals.push({ number, batch })
  main.addCodes(codes, rowCount, validity, start)
  return {
    storage: 'codes',
    width: codes.BYTES_PER_ELEMENT as 1 | 2 | 4,
    dictionary: number,
    isShared: false,
    parts: [entries],
  }
}

/** A range of a page, measured and ready to be written. */
class PageDraft {
  readonly layout: PageLayout
  readonly needs: readonly EncodedPart[]
  readonly byteLength: number
  readonly #parameters: readonly number[]
  readonly #main: BatchCollector
  readonly #constants: BatchCollector
  readonly #locals: readonly LocalDictionary[]

  constructor(
    layout: PageLayout,
    parameters: readonly number[],
    main: BatchCollector,
    constants: BatchCollector,
    locals: readonly LocalDictionary[],
    needs: readonly EncodedPart[],
  ) {
    this.layout = layout
    this.needs = needs
    this.#parameters = parameters
    this.#main = main
    this.#constants = constants
    this.#locals = locals
    let byteLength = parameters.length * 8 + batchMessageBytes(main, false)
    for (const { batch } of locals) byteLength += batchMessageBytes(batch, true)
    if (this.#hasConstants) byteLength += batchMessageBytes(constants, false)
    this.byteLength = padded(byteLength)
  }

  /** Parameters, dictionaries, the batch of the rows, the batch of the constants. */
  write(): { readonly bytes: Uint8Array; readonly parametersLength: number } {
    const bytes = Buffer.allocUnsafeSlow(this.byteLength)
    const parametersLength = this.#parameters.length * 8
    new Float64Array(bytes.buffer, bytes.byteOffset, this.#parameters.length).set(this.#parameters)
    let at = parametersLength
    for (const { number, batch } of this.#locals) {
      at = writeBatchMessage(bytes, at, batch, { id: number, isDelta: false })
    }
    at = writeBatchMessage(bytes, at, this.#main)
    if (this.#hasConstants) writeBatchMessage(bytes, at, this.#constants)
    return { bytes, parametersLength }
  }

  get #hasConstants(): boolean {
    return this.layout.columns.some((column) => column.isConstant)
  }
}
