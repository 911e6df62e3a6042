import { describe, expect, test } from 'vitest'
import type { QueryMemory } from '../../src/dataflow/memory/query-memory.js'
import type { Operator, OperatorContext } from '../../src/operators/operator.js'
import {
  type Arena,
  type Block,
  blockOf,
  type Page,
  readValue,
  type SqlType,
  type Value,
} from '../../src/spi/index.js'
import { createRandom, type Random } from '../unit/kernel-support/cells.js'
import { type EnvironmentOptions, operatorContext, queryMemory } from './operator-environment.js'
import type { Row, Table } from './page-literal.js'
import { SEED } from './seed.js'

export type Encoding = 'flat' | 'constant' | 'dictionary' | 'selected'
const ENCODINGS: readonly Encoding[] = ['flat', 'constant', 'dictionary', 'selected']

export type MakeOperator = (context: OperatorContext) => Operator

export interface OperatorTest {
  readonly input: Table
  readonly make: MakeOperator
  /** Rows of the output, or the code of the error. */
  readonly expect: Table | { readonly error: string }
  /** Default: exact. */
  readonly order?: 'exact' | 'any'
  readonly environment?: (memory: QueryMemory) => EnvironmentOptions
}

/**
 * Runs an operator over pages of 1, 2 and all rows, in each encoding; then again, closing it after each step: whatever it
 * had taken must be given back.
 */
export function operatorTest(name: string, options: OperatorTest): void {
  describe(name, () => {
    for (const encoding of ENCODINGS) {
      for (const pageRows of [1, 2, Infinity]) {
        test(`${encoding} pages of ${pageRows} rows`, () => runCase(options, encoding, pageRows))
      }
    }
    test('closes after any step', () => closeEverywhere(options))
  })
}

function runCase(options: OperatorTest, encoding: Encoding, pageRows: number): void {
  const memory = queryMemory()
  try {
    const run = () => {
      const environment = options.environment?.(memory) ?? {}
      return runOperator(options.make, options.input, { memory, encoding, pageRows, environment })
    }
    if ('error' in options.expect) {
      expect(run).toThrow(expect.objectContaining({ code: options.expect.error }))
    } else expectRows(run(), options.expect.rows, options.order)
  } finally {
    memory.releaseAll()
  }
}

/** Compares rows exactly, or as multisets. */
export function expectRows(
  actual: readonly Row[],
  expected: readonly Row[],
  order: 'exact' | 'any' = 'exact',
): void {
  const shown = (rows: readonly Row[]) => {
    const texts = rows.map((row) => row.map(showValue).join(' '))
    return order === 'any' ? texts.sort() : texts
  }
  expect(shown(actual)).toEqual(shown(expected))
}

/** A value as text that tells apart what is apart. */
export function showValue(value: Value): string {
  if (value === null) return 'NULL'
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return `[${value.map(showValue).join(',')}]`
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, part]) => `${key}:${showValue(part as Value)}`)
      .join(',')}}`
  }
  return String(value)
}

export interface RunOptions {
  readonly memory: QueryMemory
  readonly encoding?: Encoding
  readonly pageRows?: number
  readonly environment?: EnvironmentOptions
  readonly random?: Random
}

/** All rows an operator emits for a table cut into pages. */
export function runOperator(make: MakeOperator, input: Table, options: RunOptions): Row[] {
  const { memory, encoding = 'flat', pageRows = Infinity } = options
  const operator = make(operatorContext(memory, options.environment))
  const arena = memory.createArena()
  const rows: Row[] = []
  try {
    for (const part of cut(input, pageRows)) {
      if (operator.finished) break
      // The page's memory is written again for the next one: who kept a view of it reads other rows.
      arena.reset()
      const random = options.random ?? createRandom(part.rows.length)
      for (const page of operator.process(toPage(part, encoding, arena, random))) {
        rows.push(...rowsOf(page))
      }
    }
    arena.reset()
    arena.allocate(1 << 16).fill(0xa5)
    for (const page of operator.finish()) rows.push(...rowsOf(page))
  } finally {
    operator.close()
    arena.close()
  }
  return rows
}

function cut({ types, rows }: Table, pageRows: number): Table[] {
  const size = Math.min(pageRows, Math.max(1, rows.length))
  const parts: Table[] = []
  for (let from = 0; from < rows.length; from += size) {
    parts.push({ types, rows: rows.slice(from, from + size) })
  }
  return parts
}

export const rowsOf = (page: Page): Row[] =>
  Array.from({ length: page.rowCount }, (_, position) =>
    page.blocks.map((block) => readValue(block, position)),
  )

/** A page of the rows, each column in the given encoding where its values allow it. */
export function toPage(table: Table, encoding: Encoding, arena: Arena, random: Random): Page {
  const { types, rows } = table
  return {
    rowCount: rows.length,
    blocks: types.map((type, channel) =>
      encodeBlock(
        type,
        rows.map((row) => row[channel]!),
        encoding,
        arena,
        random,
      ),
    ),
  }
}

/** @param encoding `selected` is a selection over a longer block, whose entries repeat */
export function encodeBlock(
  type: SqlType,
  values: readonly Value[],
  encoding: Encoding,
  arena: Arena,
  random: Random,
): Block {
  const rowCount = values.length
  switch (encoding) {
    case 'flat':
      return blockOf(type, values, arena)
    case 'constant': {
      const [first] = values
      if (first === undefined || values.some((v) => showValue(v) !== showValue(first))) {
        return blockOf(type, values, arena)
      }
      return { encoding, type, rowCount, value: blockOf(type, [first], arena) }
    }
    case 'dictionary': {
      const entries = [...new Map(values.map((value) => [showValue(value), value])).entries()]
      const indexes = new Map(entries.map(([text], index) => [text, index]))
      const codes = values.map((value) => indexes.get(showValue(value))!)
      const dictionary = entries.map(([, value]) => value)
      return dictionaryBlock(type, dictionary, codes, arena)
    }
    case 'selected': {
      const extra = Array.from({ length: 3 }, () => random.pick([null, ...values]))
      const entries = [...extra, ...values]
      const codes = values.map((_, i) => i + extra.length)
      return dictionaryBlock(type, entries, codes, arena)
    }
  }
}

function dictionaryBlock(
  type: SqlType,
  entries: readonly Value[],
  codes: readonly number[],
  arena: Arena,
): Block {
  const bytes = arena.allocate(codes.length * 4)
  const view = new Int32Array(bytes.buffer, bytes.byteOffset, codes.length)
  view.set(codes)
  return {
    encoding: 'dictionary',
    type,
    rowCount: codes.length,
    codes: view,
    dictionary: blockOf(type, entries, arena),
    validity: null,
  }
}

/** Stops after 0, 1, 2 … input pages and after each output page; the memory must be back each time. */
function closeEverywhere(options: OperatorTest): void {
  for (let steps = 0; ; steps++) {
    const memory = queryMemory()
    const environment = options.environment?.(memory) ?? {}
    const context = operatorContext(memory, environment)
    const before = memory.usedBytes
    const operator = options.make(context)
    const input = memory.createArena()
    const ended = drive(operator, options, input, steps)
    operator.close()
    input.close()
    const left = memory.usedBytes
    memory.releaseAll()
    expect(left, `bytes left after ${steps} steps`).toBe(before)
    if (ended) return
  }
}

/** @returns whether the operator came to its end within the steps */
function drive(operator: Operator, options: OperatorTest, arena: Arena, steps: number): boolean {
  let left = steps
  try {
    for (const part of cut(options.input, 1)) {
      if (left-- === 0) return false
      for (const _ of operator.process(toPage(part, 'flat', arena, createRandom(1)))) {
        if (left-- === 0) return false
      }
    }
    for (const _ of operator.finish()) if (left-- === 0) return false
    return true
  } catch (error) {
    const expected = 'error' in options.expect ? options.expect.error : undefined
    if ((error as { code?: string }).code === expected) return true
    throw error
  }
}

export interface OperatorProperty {
  readonly types: readonly SqlType[]
  readonly make: MakeOperator
  /** What the rows should become, computed slowly. */
  readonly reference: (rows: readonly Row[]) => readonly Row[]
  readonly randomRow: (random: Random) => Row
  readonly order?: 'exact' | 'any'
  readonly environment?: (memory: QueryMemory) => EnvironmentOptions
  readonly rowCounts?: readonly number[]
  readonly runs?: number
}

/** Random rows in random pages and encodings against a slow reference; the seed is printed where they differ. */
export function operatorProperty(name: string, options: OperatorProperty): void {
  const { runs = 40, rowCounts = [0, 1, 2, 3, 10, 100, 1000] } = options
  test(name, () => {
    const start = SEED
    for (let seed = start; seed < start + runs; seed++) {
      const random = createRandom(seed)
      const rows = Array.from({ length: random.pick(rowCounts) }, () => options.randomRow(random))
      const memory = queryMemory()
      try {
        const actual = runOperator(
          options.make,
          { types: options.types, rows },
          {
            memory,
            encoding: random.pick(ENCODINGS),
            pageRows: random.pick([1, 2, 7, 64, 1000]),
            environment: options.environment?.(memory) ?? {},
            random,
          },
        )
        expectRows(actual, options.reference(rows), options.order)
      } catch (error) {
        console.error(`MILLRACE_SEED=${seed}`)
        throw error
      } finally {
        memory.releaseAll()
      }
    }
  })
}
