import { joinedBuild } from '../../src/dataflow/joined-build.js'
import { readPageWords } from '../../src/dataflow/memory/page-words.js'
import type { QueryMemory } from '../../src/dataflow/memory/query-memory.js'
import { placePage } from '../../src/dataflow/page-sink.js'
import type { SharedPages } from '../../src/operators/create-operator.js'
import type { JoinBuildState, JoinIndexSpec } from '../../src/operators/join/join-index-sink.js'
import { SHARED_BUILD_WORDS, SharedBuildSink } from '../../src/operators/join/shared-build.js'
import type { Page } from '../../src/spi/index.js'
import { testContext } from './memory.js'

/**
 * The build side that several drivers make together, by turns of a step each.
 * @param nextDriver which of those that have not ended is next; absent: one after the other
 */
export function builtTogether(
  memory: QueryMemory,
  spec: JoinIndexSpec,
  pages: readonly Page[],
  driverCount: number,
  nextDriver: (running: number) => number = () => 0,
): JoinBuildState {
  const room = memory
    .createArena()
    .allocate(SHARED_BUILD_WORDS * 4)
    .fill(0)
  const words = new Int32Array(room.buffer, room.byteOffset, SHARED_BUILD_WORDS)
  const sinks = Array.from({ length: driverCount }, (_, driverIndex) => {
    const context = { ...testContext(memory), driverIndex, driverCount }
    const sink = new SharedBuildSink(spec, context, words, sharedPages(memory))
    for (const page of pages) sink.add(page)
    return sink
  })
  const running = sinks.map((sink) => sink.prepare())
  while (running.length > 0) {
    const driver = nextDriver(running.length)
    if (running[driver]!.next().done === true) running.splice(driver, 1)
  }
  for (const sink of sinks) sink.close()
  return joinedBuild(sinks.map((sink) => sink.finish()))
}

/** Pages by their words, as a task reads and writes them. */
export const sharedPages = (memory: QueryMemory): SharedPages => ({
  read: (words, types) =>
    readPageWords(
      words,
      memory.allocator.memory.buffer,
      types.map((_, channel) => channel),
      types,
    ),
  place: placePage,
})
