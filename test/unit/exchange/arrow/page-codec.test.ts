import { RecordBatchReader } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { EncodedPageDecoder } from '../../../../src/exchange/arrow/encoded-page-decoder.js'
import { readBatchMessage } from '../../../../src/exchange/arrow/message.js'
import { type EncodedPage, PageEncoder } from '../../../../src/exchange/arrow/page-encoder.js'
import {
  BIGINT,
  type Block,
  blockOf,
  DOUBLE,
  heapArena,
  type Page,
  VARCHAR,
} from '../../../../src/spi/index.js'
import { pageText, randomPage, randomTypes } from '../../../support/random-page.js'
import { SEED } from '../../../support/seed.js'
import { createRandom } from '../../kernel-support/cells.js'
import { sharedArena } from '../../kernel-support/random-blocks.js'

const seed = SEED

describe(`random pages, seed ${seed}`, () => {
  const arena = sharedArena()
  for (let run = 0; run < 20; run++) {
    test(`stream ${run}`, () => {
      const random = createRandom(seed + run)
      const encoder = new PageEncoder({ compress: random.chance(0.5) })
      const stream = new EncodedPageDecoder()
      const types = randomTypes(random, random.below(12))
      for (let i = 0; i < 15; i++) {
        arena.reset()
        const page = randomPage(random, types, random.pick([0, 1, 7, 8, 9, 64, 300]), arena)
        const received = encoder.encode(page).map((encoded) => stream.decode(encoded))
        expect(received.length).toBe(1)
        expect(pageText(received[0]!)).toEqual(pageText(page))
        received[0]!.blocks.forEach((block, channel) => {
          expectKept(page.blocks[channel]!, block)
        })
      }
    })
  }
})

/** Widths, bounds and constants survive. */
function expectKept(sent: Block, received: Block): void {
  expect(received.type).toEqual(sent.type)
  expect(received.rowCount).toBe(sent.rowCount)
  if (sent.encoding === 'constant') expect(received.encoding).toBe('constant')
  if (sent.encoding !== 'flat' || received.encoding !== 'flat') return
  expect(received.storage).toBe(sent.storage)
  if ('base' in sent) {
    const { base, factor, bounds, ascending = false } = sent
    expect(received).toMatchObject({ base, factor, ...(bounds === undefined ? {} : { bounds }) })
    expect('ascending' in received && received.ascending === true).toBe(ascending)
  }
  if ('ascii' in sent) expect('ascii' in received && received.ascii).toBe(sent.ascii)
}

describe('dictionaries', () => {
  const dictionaryOf = (texts: readonly string[], codes: readonly number[], id?: string): Page => ({
    rowCount: codes.length,
    blocks: [
      {
        encoding: 'dictionary',
        type: VARCHAR,
        rowCount: codes.length,
        codes: Uint8Array.from(codes),
        validity: null,
        dictionary: blockOf(VARCHAR, texts),
        ...(id === undefined ? {} : { dictionaryId: id }),
      },
    ],
  })

  test('that have a name are sent once, and what was added to them', () => {
    const encoder = new PageEncoder()
    const [early, late] = [new EncodedPageDecoder(), new EncodedPageDecoder()]
    const texts = ['AIR', 'MAIL', 'naïve', 'TRUCK']
    const pages = [
      dictionaryOf(texts.slice(0, 2), [0, 1, 1], 'd'),
      dictionaryOf(texts.slice(0, 2), [1], 'd'),
      dictionaryOf(texts, [3, 2, 0], 'd'),
      dictionaryOf(texts.slice(0, 3), [2, 2], 'd'),
    ]
    const encoded = pages.flatMap((page) => encoder.encode(page))
    const serials = new Set(
      encoded.flatMap((page) =>
        page.needs.filter((part) => part.kind === 'dictionary').map((part) => part.serial),
      ),
    )
    expect(serials.size).toBe(2)
    const blocks = encoded.map((page, i) => {
      const received = early.decode(page)
      expect(pageText(received)).toEqual(pageText(pages[i]!))
      return received.blocks[0]!
    })
    expect(blocks.every((block) => block.encoding === 'dictionary')).toBe(true)
    expect(new Set(blocks.map((block) => 'dictionaryId' in block && block.dictionaryId)).size).toBe(
      1,
    )
    // A reader that begins with the third page gets the whole dictionary.
    expect(pageText(late.decode(encoded[2]!))).toEqual(pageText(pages[2]!))
  })

  test('without a name come with their page when they are short', () => {
    const encoder = new PageEncoder()
    const page = dictionaryOf(['a', 'b'], [0, 1, 0, 1, 1, 0])
    const received = new EncodedPageDecoder().decode(encoder.encode(page)[0]!)
    expect(pageText(received)).toEqual(pageText(page))
    expect(received.blocks[0]!.encoding).toBe('dictionary')
  })

  test('that are selections of something longer are sent as what they select', () => {
    const encoder = new PageEncoder()
    const texts = Array.from({ length: 200 }, (_, i) => `entry ${i}`)
    const page = dictionaryOf(texts, [199, 3])
    const [encoded] = encoder.encode(page)
    expect(encoded!.body.rawLength).toBeLessThan(400)
    const received = new EncodedPageDecoder().decode(encoded!)
    expect(pageText(received)).toEqual(pageText(page))
    expect(received.blocks[0]!.encoding).toBe('flat')
  })
})

test('large pages are cut, with nothing lost', () => {
  const values = Float64Array.from({ length: 3_000_000 }, (_, i) => i)
  const block: Block = {
    encoding: 'flat',
    storage: 'f64',
    type: DOUBLE,
    rowCount: values.length,
    validity: null,
    values,
  }
  const encoded = new PageEncoder().encode({ rowCount: values.length, blocks: [block] })
  expect(encoded.length).toBeGreaterThan(1)
  const stream = new EncodedPageDecoder()
  let next = 0
  for (const part of encoded) {
    expect(part.body.rawLength).toBeLessThan(9 * 2 ** 20)
    const [received] = stream.decode(part).blocks
    const read = (received as { values: Float64Array }).values
    for (const value of read) if (value !== next++) throw new Error(`not ${next - 1}: ${value}`)
  }
  expect(next).toBe(values.length)
})

test('more forms of pages than a stream keeps', () => {
  const encoder = new PageEncoder()
  const stream = new EncodedPageDecoder()
  const narrow = [1n, 1000n, 100_000n, 10n ** 12n]
  for (let i = 0; i < 700; i++) {
    const digits = [i & 3, (i >> 2) & 3, (i >> 4) & 3, (i >> 6) & 3, (i >> 8) & 3]
    const page = {
      rowCount: 1,
      blocks: digits.map((digit) => blockOf(BIGINT, [narrow[digit]!, 0n].slice(0, 1))),
    }
    const [encoded] = encoder.encode(page)
    expect(pageText(stream.decode(encoded!))).toEqual(pageText(page))
  }
})

describe('apache-arrow reads what is sent', () => {
  test(`seed ${seed}`, () => {
    const random = createRandom(seed)
    for (let run = 0; run < 40; run++) {
      const page = randomPage(random, randomTypes(random, 1 + random.below(8)), 40, heapArena())
      const encoder = new PageEncoder()
      for (const { needs, body } of encoder.encode(page)) {
        const messages = (part: EncodedPage['body']): Uint8Array =>
          part.bytes.subarray(part.parametersLength)
        const schema = messages(needs[0]!.body)
        const hasConstants = page.blocks.some((block) => block.encoding === 'constant')
        // With constants there are two schemas, and two streams.
        const first = hasConstants ? schema.subarray(0, messageBytes(schema, 0)) : schema
        const stream = Buffer.concat([
          first,
          hasConstants ? allButLast(messages(body)) : messages(body),
        ])
        const rows = [...RecordBatchReader.from(stream)][0]
        expect(rows?.numRows ?? 0).toBe(page.rowCount)
        let column = 0
        for (const block of page.blocks) {
          if (block.encoding === 'constant') continue
          const vector = rows!.getChildAt(column++)!
          expect(vector.length).toBe(page.rowCount)
          if (block.encoding !== 'flat') continue
          for (let i = 0; i < page.rowCount; i++) expectSame(block, i, vector.get(i))
        }
      }
    }
  })
})

/** Bytes of the encapsulated message without a body that begins at a place. */
const messageBytes = (bytes: Uint8Array, at: number): number =>
  8 + new DataView(bytes.buffer, bytes.byteOffset + at).getInt32(4, true)

function allButLast(batches: Uint8Array): Uint8Array {
  let last = 0
  for (let at = 0; at < batches.length; at = readBatchMessage(batches, at).end) last = at
  return batches.subarray(0, last)
}

/** Compares what lies in a block with what Arrow reads of it, for the plain storages. */
function expectSame(block: Block, position: number, actual: unknown): void {
  if (block.encoding !== 'flat') return
  const valid =
    block.storage !== 'null' &&
    (block.validity === null || ((block.validity[position >> 3]! >> (position & 7)) & 1) === 1)
  if (!valid) expect(actual).toBeNull()
  else if (block.storage === 'bytes') {
    const bytes = block.bytes.slice(block.offsets[position]!, block.offsets[position + 1]!)
    const read =
      typeof actual === 'string' ? Buffer.from(actual) : Buffer.from(actual as Uint8Array)
    expect(read.equals(Buffer.from(bytes))).toBe(true)
  } else if (block.storage !== 'fixed16' && 'values' in block) {
    expect(actual).toEqual(block.values[position])
  } else expect(actual).not.toBeNull()
}
