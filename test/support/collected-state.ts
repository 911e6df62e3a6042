import { readPageWords } from '../../src/dataflow/memory/page-words.js'
import type { QueryMemory } from '../../src/dataflow/memory/query-memory.js'
import { CollectSink } from '../../src/dataflow/page-sink.js'
import type { Page, SqlType } from '../../src/spi/index.js'
import { createRandom } from '../unit/kernel-support/cells.js'
import { sharedMemory } from './operator-environment.js'
import { type Encoding, toPage } from './operator-test.js'
import type { Table } from './page-literal.js'

/** What the collecting sinks of some drivers leave of a table whose pages they share. */
export function collectedStates(
  memory: QueryMemory,
  table: Table,
  driverCount = 1,
  pageRows = Infinity,
  encoding: Encoding = 'flat',
): unknown[] {
  const arena = memory.createArena()
  const sinks = Array.from(
    { length: driverCount },
    () => new CollectSink(memory.createArena(), table.types),
  )
  const size = Math.min(pageRows, Math.max(1, table.rows.length))
  const random = createRandom(table.rows.length)
  for (let from = 0; from < table.rows.length; from += size) {
    const part = { types: table.types, rows: table.rows.slice(from, from + size) }
    sinks[(from / size) % driverCount]!.add(toPage(part, encoding, arena, random))
  }
  arena.close()
  return sinks.map((sink) => sink.finish())
}

/** Reads page words over the shared memory, as tasks do. */
export const readCollectedPage = (words: Float64Array, types: readonly SqlType[]): Page =>
  readPageWords(
    words,
    sharedMemory().memory.buffer,
    types.map((_, channel) => channel),
    types,
  )
