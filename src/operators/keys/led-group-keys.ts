import {
  type Arena,
  assert,
  type Block,
  MillraceError,
  type Page,
  type SqlType,
} from '../../spi/index.js'
import type { FollowingTexts } from './following-texts.js'
import type { GroupKeys, KeyAddressing } from './group-keys.js'
import { keyKind } from './key-kind.js'

/** Groups whose keys are added at a time, between two looks at whether anyone still wants them. */
const STEP_GROUPS = 8192

/** What tables of all keys may take for a group that is numbered again: slots, keys and ids, and those of a text beside its bytes. */
const RENUMBERED_GROUP_BYTES = 160
const RENUMBERED_TEXT_BYTES = 48
/** Bytes of texts grow by doubling, beside what they were. */
const GROWING_TEXTS = 3

/** Texts of dictionaries that have more rows an entry are numbered: each entry once. */
const ROWS_PER_ENTRY = 16

/** Numbers the distinct keys of rows. */
export interface RowGroups {
  readonly groupCount: number
  readonly addressing: KeyAddressing
  /** What the groups so far may take beside what they hold, where a row is what has all keys numbered. */
  readonly renumberedBytes: number
  /**
   * The group of each row, in `arena`: 0, 1, 2 … in order of first appearance.
   * @throws MillraceError USER_CANCELED
   */
  add(page: Page, channels: readonly number[], arena: Arena): Int32Array
  /** The key columns of groups [from, to), in `arena` or valid until the next are added. */
  blocks(from: number, to: number, types: readonly SqlType[], arena: Arena): readonly Block[]
  close(): void
}

/** Makes what numbers keys of some types. */
export type MakeGroupKeys = (types: readonly SqlType[]) => GroupKeys

/**
 * Numbers rows by keys of which some are texts that the others may decide, as a customer's number does the name and the address: such
 * texts are kept once a group, and compared instead of hashed. At the first row that has another text than its group all keys are
 * numbered, from then on and for all groups so far.
 */
export class LedGroupKeys implements RowGroups {
  readonly #make: MakeGroupKeys
  readonly #makeTexts: (type: SqlType) => FollowingTexts
  readonly #types: readonly SqlType[]
  readonly #isCancelled: () => boolean
  #keys: GroupKeys | undefined
  /** By key: its texts, where it follows; empty: none does. */
  #following: (FollowingTexts | undefined)[] = []

  constructor(
    make: MakeGroupKeys,
    makeTexts: (type: SqlType) => FollowingTexts,
    types: readonly SqlType[],
    isCancelled: () => boolean,
  ) {
    this.#make = make
    this.#makeTexts = makeTexts
    this.#types = types
    this.#isCancelled = isCancelled
  }

  /** Whether there are keys that may decide texts. */
  static isWorthwhile(types: readonly SqlType[]): boolean {
    return types.some(({ kind }) => kind === 'varchar') && types.some(isLeading)
  }

  get groupCount(): number {
    return this.#keys?.groupCount ?? 0
  }

  get addressing(): KeyAddressing {
    return this.#keys?.addressing ?? 'runs'
  }

  get renumberedBytes(): number {
    const { groupCount } = this
    const texts = this.#following.filter((following) => following !== undefined)
    if (texts.length === 0 || groupCount === 0) return 0
    const textBytes = texts.reduce((sum, following) => sum + following.textBytes(groupCount), 0)
    const groupBytes = RENUMBERED_GROUP_BYTES + RENUMBERED_TEXT_BYTES * texts.length
    return groupBytes * groupCount + GROWING_TEXTS * textBytes
  }

  add(page: Page, channels: readonly number[], arena: Arena): Int32Array {
    this.#keys ??= this.#begin(channels.map((channel) => page.blocks[channel]!))
    if (this.#following.length === 0) return this.#keys.add(page, channels, arena)
    const known = this.#keys.groupCount
    const leading = channels.filter((_, key) => this.#following[key] === undefined)
    const groups = this.#keys.add(page, leading, arena)
    const { groupCount } = this.#keys
    const isDecided = channels.every((channel, key) => {
      const texts = this.#following[key]
      return (
        texts === undefined || texts.add(page.blocks[channel]!, groups, known, groupCount, arena)
      )
    })
    if (isDecided) return groups
    return this.#numberAll(known, arena).add(page, channels, arena)
  }

  blocks(from: number, to: number, types: readonly SqlType[], arena: Arena): readonly Block[] {
    this.#keys ??= this.#make(types)
    if (this.#following.length === 0) return this.#keys.blocks(from, to, types, arena)
    const leading = types.filter((_, key) => this.#following[key] === undefined)
    const blocks = [...this.#keys.blocks(from, to, leading, arena)]
    return this.#following.map((texts) => texts?.block(from, to, arena) ?? blocks.shift()!)
  }

  close(): void {
    this.#keys?.close()
    for (const texts of this.#following) texts?.close()
    this.#following = []
  }

  /** Texts follow that come as they are: those of a small dictionary, or one with a name, cost next to nothing as codes. */
  #begin(blocks: readonly Block[]): GroupKeys {
    const follows = blocks.map(
      (block, key) => this.#types[key]!.kind === 'varchar' && isManyTexts(block),
    )
    if (!follows.includes(true)) return this.#make(this.#types)
    this.#following = this.#types.map((type, key) =>
      follows[key] ? this.#makeTexts(type) : undefined,
    )
    return this.#make(this.#types.filter((_, key) => !follows[key]))
  }

  /** Numbers all keys of the first `known` groups, which keep their numbers. */
  #numberAll(known: number, arena: Arena): GroupKeys {
    const all = this.#make(this.#types)
    const channels = this.#types.map((_, key) => key)
    for (let from = 0; from < known; from += STEP_GROUPS) {
      if (this.#isCancelled()) {
        all.close()
        throw new MillraceError('USER_CANCELED', 'Query was canceled')
      }
      const to = Math.min(known, from + STEP_GROUPS)
      const blocks = this.blocks(from, to, this.#types, arena)
      all.add({ rowCount: to - from, blocks }, channels, arena)
    }
    assert(all.groupCount === known, 'groups that differ in some keys differ in all')
    this.close()
    this.#keys = all
    return all
  }
}

const isLeading = (type: SqlType): boolean => keyKind(type) === 'range'

function isManyTexts(block: Block): boolean {
  if (block.encoding === 'dictionary') {
    const { dictionary, dictionaryId, rowCount } = block
    const isSelection = dictionary.rowCount * ROWS_PER_ENTRY > rowCount
    return dictionaryId === undefined && dictionary.storage === 'bytes' && isSelection
  }
  return block.encoding === 'flat' && block.storage === 'bytes'
}
