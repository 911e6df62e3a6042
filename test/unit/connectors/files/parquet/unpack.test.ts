import { expect, test } from 'vitest'
import { KernelMemory } from '../../../../../src/connectors/files/parquet/kernels/kernel-memory.js'
import { SEED } from '../../../../support/seed.js'
import { randomGenerator } from '../random.js'

const WIDTHS = Array.from({ length: 33 }, (_, width) => width)

test.each(WIDTHS)(`packed numbers of %i bits, seed ${SEED}`, (width) => {
  const next = randomGenerator(SEED + width)
  const random = (limit: number): number => Math.floor(next() * limit)
  const memory = new KernelMemory()
  const from = memory.allocate(33 * 400)
  const to = memory.allocate(4 * 400)
  for (let run = 0; run < 100; run++) {
    const packed = memory.bytes(from.address, from.byteLength)
    for (let i = 0; i < packed.length; i++) packed[i] = random(256)
    const bit = random(2) === 0 ? 0 : random(8)
    const count = random(400)
    const wanted = Array.from({ length: count }, (_, i) => {
      let number = 0n
      for (let b = 0; b < width; b++) {
        const at = bit + i * width + b
        number |= BigInt((packed[at >> 3]! >> (at & 7)) & 1) << BigInt(b)
      }
      return Number(BigInt.asIntN(32, number))
    })
    memory.kernels.unpack(from.address, bit, width, count, to.address)
    expect([...memory.words(to.address, count)], `run ${run}`).toEqual(wanted)
  }
})
