import {
  type Arena,
  assert,
  type Block,
  BOOLEAN,
  type BooleanBlock,
  type BytesBlock,
  type FlatBlock,
} from '../../spi/index.js'
import { importBlock } from './import.js'
import { kernelMemory } from './kernel-memory.js'
import { ParameterWriter } from './layout.js'
import { kernel } from './module-cache.js'
import { buildTextKernel, hasSearch, type TextKernel, testShape } from './text-kernels.js'
import type { TextTest } from './text-predicate.js'

/**
 * Evaluates a text predicate for a page: a block of booleans, null where the text is. Dictionaries are evaluated once an
 * entry; those with an id once a predicate. O(bytes).
 */
export class TextEvaluator {
  readonly #test: TextTest
  readonly #ofDictionary = new WeakMap<FlatBlock, Uint8Array>()

  constructor(test: TextTest) {
    this.#test = test
  }

  evaluate(block: Block, arena: Arena): Block {
    const { rowCount } = block
    switch (block.encoding) {
      case 'flat':
        return this.#evaluateFlat(block, arena)
      case 'constant': {
        const value = this.#evaluateFlat(block.value, arena)
        return { encoding: 'constant', type: BOOLEAN, rowCount, value }
      }
      case 'dictionary': {
        const { codes, validity } = block
        const dictionary = this.#evaluateDictionary(block.dictionary, block.dictionaryId, arena)
        return { encoding: 'dictionary', type: BOOLEAN, rowCount, codes, validity, dictionary }
      }
    }
  }

  #evaluateDictionary(dictionary: FlatBlock, id: string | undefined, arena: Arena): FlatBlock {
    const known = this.#ofDictionary.get(dictionary)
    if (known !== undefined && dictionary.storage === 'bytes') {
      const values = arena.allocate(known.length)
      values.set(known)
      return booleans(dictionary, values)
    }
    const evaluated = this.#evaluateFlat(dictionary, arena)
    // Arena memory ends with the page; what is kept is copied out of it.
    if (id !== undefined && evaluated.storage === 'bool') {
      this.#ofDictionary.set(dictionary, evaluated.values.slice())
    }
    return evaluated
  }

  #evaluateFlat(block: FlatBlock, arena: Arena): BooleanBlock | FlatBlock {
    if (block.storage === 'null') return { ...block, type: BOOLEAN }
    const imported = importBlock(block, arena)
    assert(imported.encoding === 'flat' && imported.storage === 'bytes', 'a column of texts')
    return booleans(imported, this.#mask(imported, arena))
  }

  #mask(block: BytesBlock, arena: Arena): Uint8Array {
    const test = this.#test
    const out = arena.allocate(block.rowCount)
    if (block.rowCount === 0) return out
    const memory = kernelMemory(out.buffer)
    assert(memory !== undefined, 'kernels need an arena of the shared memory')
    const run = kernel<TextKernel>(memory, `text ${testShape(test)}`, (m) =>
      buildTextKernel(m, test),
    )
    const writer = new ParameterWriter(arena, 3 + 2 * test.values.length)
    writer.i32(block.offsets.byteOffset)
    writer.i32(block.bytes.byteOffset)
    writer.i32(out.byteOffset)
    for (const value of test.values) {
      const bytes = arena.allocate(value.length)
      bytes.set(value)
      writer.i32(bytes.byteOffset)
      writer.i32(value.length)
    }
    if (hasSearch(test)) run.search(writer.address, block.rowCount)
    else run.mask(writer.address, block.rowCount)
    return out
  }
}

const booleans = (of: FlatBlock, values: Uint8Array): BooleanBlock => ({
  encoding: 'flat',
  storage: 'bool',
  type: BOOLEAN,
  rowCount: of.rowCount,
  validity: of.validity,
  values,
})
