import { median } from '../report/statistics.mjs'
import { functionCases } from './function-cases.mjs'

const build = new URL('../../build/', import.meta.url)
const load = (name) => import(new URL(`${name}.js`, build))
const ROUNDS = 7
const ARENA_PAGES = 4096

/**
 * Compiled expressions over a page of 8,192 rows against loops over the same columns' arrays, in turn, in one thread. Answers are
 * compared position by position.
 */
export async function run({ millis, only }, emit) {
  const [
    spi,
    { builtinRegistry },
    { compileProjection },
    { parseType },
    ir,
    { DEFAULT_SESSION },
    { registerKernelMemory },
  ] = await Promise.all([
    load('spi/index'),
    load('expressions/functions/index'),
    load('expressions/compile'),
    load('expressions/type-signature'),
    load('expressions/ir-build'),
    load('expressions/session-context'),
    load('expressions/wasm/kernel-memory'),
  ])
  const memory = new WebAssembly.Memory({ initial: ARENA_PAGES, maximum: 65_536, shared: true })
  registerKernelMemory(memory)
  const columnArena = bumpArena(memory, 16, (ARENA_PAGES * 65_536) / 4)
  const resultArena = bumpArena(memory, (ARENA_PAGES * 65_536) / 4, ARENA_PAGES * 65_536)
  const registry = builtinRegistry()
  const tools = { spi, ir, registry, parseType, arena: columnArena }
  for (const { family, name, expression, blocks, loop } of functionCases(tools)) {
    if (only !== undefined && !only.includes(family)) continue
    const page = spi.page(blocks, blocks[0].rowCount)
    const compiled = compileProjection(expression, { registry, session: DEFAULT_SESSION })
    const engine = () => {
      resultArena.reset()
      return compiled.project(page, resultArena)
    }
    compare(`${family} ${name}`, engine(), loop(), spi.readValue)
    const times = interleaved([engine, loop], millis, page.rowCount)
    const facts = { group: family, name, unit: 'ns/row' }
    emit({ ...facts, subject: 'millrace', samples: times[0] })
    emit({ ...facts, subject: 'loop', samples: times[1] })
  }
}

function bumpArena(memory, from, to) {
  let next = from
  return {
    allocate(byteLength) {
      if (next + byteLength > to) throw new Error('the arena of the benchmark is too small')
      const bytes = new Uint8Array(memory.buffer, next, byteLength)
      next = (next + byteLength + 15) & ~15
      return bytes
    },
    reset() {
      next = from
    },
    close() {},
  }
}

/** @param expected value of a position, as the block's reader gives it */
function compare(name, block, expected, readValue) {
  for (let i = 0; i < block.rowCount; i++) {
    const value = readValue(block, i)
    const other = expected.at(i)
    const isSame =
      Object.is(value, other) ||
      String(value) === String(other) ||
      Math.abs(Number(value) - Number(other)) < 1e-9
    if (!isSame) throw new Error(`${name}: position ${i} is ${value}, the loop has ${other}`)
  }
}

/** @returns nanoseconds a row of each function, one number a round, after a round that warms up */
function interleaved(functions, millis, rowCount) {
  const counts = functions.map((run) => {
    let count = 0
    for (const endsAt = performance.now() + millis; performance.now() < endsAt; count++) run()
    return Math.max(1, count)
  })
  const times = functions.map(() => [])
  for (let round = 0; round < ROUNDS; round++) {
    functions.forEach((run, f) => {
      const startedAt = performance.now()
      for (let i = 0; i < counts[f]; i++) run()
      times[f].push(((performance.now() - startedAt) * 1e6) / counts[f] / rowCount)
    })
  }
  return times.map((of) => (median(of) > 0 ? of : of.map(() => Number.MIN_VALUE)))
}
