import { type Arena, assert, type DictionaryBlock } from '../../spi/index.js'
import type { Selection } from '../page-expression.js'
import { allocateInt32 } from './buffers.js'
import type { ModuleBuilder } from './builder.js'
import { kernelMemory } from './kernel-memory.js'
import { kernel } from './module-cache.js'
import { i32 } from './scalar.js'

/** Filters by a table of one byte an entry, looked up through the codes of a dictionary. */

type Select = {
  select(
    codes: number,
    table: number,
    validity: number,
    nullHit: number,
    positions: number,
    count: number,
    out: number,
  ): number
}

const LOADS = { 1: i32.load8_u, 2: i32.load16_u, 4: i32.load } as const
const SHIFTS = { 1: 0, 2: 1, 4: 2 } as const

/**
 * @param table Uint8Array[entries] of 0 and 1, in the arena's memory
 * @param nullHit whether rows that are null by the block's own validity are selected
 * @param selection the candidates; null: all rows
 */
export function selectByTable(
  block: DictionaryBlock,
  table: Uint8Array,
  nullHit: boolean,
  selection: Selection | null,
  arena: Arena,
): Selection {
  const count = selection?.count ?? block.rowCount
  const from = selection?.positions ?? null
  const out = allocateInt32(arena, count)
  const memory = kernelMemory(out.buffer)
  assert(memory !== undefined && table.buffer === out.buffer, 'kernels need shared memory')
  const codeBytes = block.codes.BYTES_PER_ELEMENT as 1 | 2 | 4
  const nullable = block.validity !== null
  const key = `select by table ${codeBytes}${nullable ? 'n' : ''}${from === null ? '' : ' selected'}`
  const { select } = kernel<Select>(memory, key, (m) => {
    buildSelect(m, codeBytes, nullable, from !== null)
  })
  const hits = select(
    block.codes.byteOffset,
    table.byteOffset,
    block.validity?.byteOffset ?? 0,
    nullHit ? 1 : 0,
    from?.byteOffset ?? 0,
    count,
    out.byteOffset,
  )
  const all = from === null && hits === block.rowCount
  return { count: hits, positions: all ? null : out.subarray(0, hits) }
}

function buildSelect(
  m: ModuleBuilder,
  codeBytes: 1 | 2 | 4,
  nullable: boolean,
  selected: boolean,
): void {
  const params = {
    codes: 'i32',
    table: 'i32',
    validity: 'i32',
    nullHit: 'i32',
    positions: 'i32',
    count: 'i32',
    out: 'i32',
  } as const
  m.function('select', params, 'i32', (f, p) => {
    const row = f.local('i32')
    const next = f.let(p.out)
    f.for(row, 0, p.count, () => {
      const position = selected ? f.let(i32.load(i32.add(p.positions, i32.shl(row, 2)))) : row
      const code = LOADS[codeBytes](i32.add(p.codes, i32.shl(position, SHIFTS[codeBytes])))
      const entry = i32.load8_u(i32.add(p.table, code))
      const valid = i32.and(
        i32.shr_u(i32.load8_u(i32.add(p.validity, i32.shr_u(position, 3))), i32.and(position, 7)),
        1,
      )
      const hit = f.let(nullable ? i32.select(valid, entry, p.nullHit) : entry)
      f.store32(next, position)
      f.set(next, i32.add(next, i32.shl(hit, 2)))
    })
    f.return(i32.shr_u(i32.sub(next, p.out), 2))
  })
}
