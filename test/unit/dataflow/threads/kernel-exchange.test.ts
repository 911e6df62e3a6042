import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  adoptKernels,
  type PostedKernels,
  postKernels,
} from '../../../../src/dataflow/threads/kernel-exchange.js'
import { moduleBytes } from '../../../../src/expressions/wasm/builder.js'
import { compileKernel, instantiate } from '../../../../src/expressions/wasm/module-cache.js'
import { i32 } from '../../../../src/expressions/wasm/scalar.js'

const answer =
  (value: number) =>
  (m: Parameters<Parameters<typeof moduleBytes>[0]>[0]): void => {
    m.function('answer', { x: 'i32' }, 'i32', (f, p) => f.return(i32.add(p.x, i32.const(value))))
  }

test('what is compiled is posted once, in one message a turn, and what was posted is not made again', async () => {
  const posted: PostedKernels[] = []
  const stop = postKernels((kernels) => posted.push(kernels))
  compileKernel('exchange 1', answer(1))
  compileKernel('exchange 2', answer(2))
  compileKernel('exchange 1', answer(1))
  await turn()
  adoptKernels([['exchange 3', new WebAssembly.Module(moduleBytes(answer(3)))]])
  await turn()
  const adopted = compileKernel('exchange 3', () => {
    throw new Error('made again')
  })
  compileKernel('exchange 4', answer(4))
  await turn()
  stop()
  compileKernel('exchange 5', answer(5))
  await turn()
  expect(posted.map((kernels) => kernels.map(([key]) => key))).toEqual([
    ['exchange 1', 'exchange 2'],
    ['exchange 4'],
  ])
  const memory = new WebAssembly.Memory({ initial: 65_536, maximum: 65_536, shared: true })
  const { answer: run } = instantiate(adopted, memory).exports as { answer(x: number): number }
  expect(run(4)).toBe(7)
})
