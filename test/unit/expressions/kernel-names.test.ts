import { expect, it } from 'vitest'
import { kernel } from '../../../src/expressions/wasm/module-cache.js'
import { i32 } from '../../../src/expressions/wasm/scalar.js'

it('names a module after its key, for profiles', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true })
  const { run } = kernel<{ run(): number }>(memory, 'row (a < $0) [i8] filter', (m) => {
    m.function('run', {}, 'i32', (f) => {
      f.return(i32.load(-16))
    })
  })
  let stack = ''
  try {
    run()
  } catch (error) {
    stack = String((error as Error).stack)
  }
  expect(stack).toContain('row-a-0-i8-filter')
})
