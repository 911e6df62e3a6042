import {
  createBlockBuilder,
  type FlatBlock,
  flatten,
  readValue,
  type SqlType,
} from '../../../spi/index.js'
import type { ColumnData } from './batch-columns.js'
import { columnBlock } from './column-block.js'
import { ArrowFormatError } from './format-error.js'
import type { ArrowField } from './schema.js'

interface Dictionary {
  readonly type: SqlType
  /** What has come since the entries were last put together. */
  added: ColumnData[]
  entries: FlatBlock | undefined
}

/** The dictionaries of one reader, as far as they have come. */
export class DictionaryStore {
  readonly #dictionaries = new Map<bigint, Dictionary>()

  /** Takes what a batch adds to a dictionary, or puts in its place. */
  add(id: bigint, type: SqlType, data: ColumnData, isDelta: boolean): void {
    const known = this.#dictionaries.get(id)
    if (isDelta && known !== undefined) known.added.push(data)
    else this.#dictionaries.set(id, { type, added: [data], entries: undefined })
  }

  /** @throws ArrowFormatError for a dictionary that has not come */
  readonly entriesOf = (id: bigint): FlatBlock => {
    const dictionary = this.#dictionaries.get(id)
    if (dictionary === undefined) throw new ArrowFormatError('codes without their dictionary')
    if (dictionary.added.length === 0) return dictionary.entries!
    const { type, added, entries } = dictionary
    // Taken first: a dictionary that needs itself then is one that has not come.
    this.#dictionaries.delete(id)
    const parts = added.map((data) =>
      flatten(columnBlock(data, type, 0, data.length, this.entriesOf)),
    )
    dictionary.entries = concatenated(type, entries === undefined ? parts : [entries, ...parts])
    dictionary.added = []
    this.#dictionaries.set(id, dictionary)
    return dictionary.entries
  }
}

function concatenated(type: SqlType, parts: readonly FlatBlock[]): FlatBlock {
  if (parts.length === 1) return parts[0]!
  const builder = createBlockBuilder(type)
  for (const part of parts) {
    for (let i = 0; i < part.rowCount; i++) builder.append(readValue(part, i))
  }
  return builder.build()
}

/** A field whose values are coded, and the field that their entries have. */
export interface DictionaryField {
  readonly id: bigint
  readonly entries: ArrowField
}

/** Those of a field and all below it, those of entries first. */
export function dictionaryFields(field: ArrowField): readonly DictionaryField[] {
  const below = field.children.flatMap(dictionaryFields)
  if (field.dictionary === undefined) return below
  const { dictionary, ...entries } = field
  return [...below, { id: dictionary.id, entries }]
}
