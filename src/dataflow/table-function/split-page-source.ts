import type { ConnectorPageSource, Page, TableFunctionSplitProcessor } from '../../spi/index.js'

/**
 * The pages that a table function makes of one of its splits.
 * @param check throws where a page has other columns than it should
 */
export function splitPageSource(
  processor: TableFunctionSplitProcessor,
  check: (page: Page) => void,
): ConnectorPageSource {
  const pages = processor.process()
  const iterator =
    Symbol.asyncIterator in pages ? pages[Symbol.asyncIterator]() : pages[Symbol.iterator]()
  let readTimeMillis = 0
  return {
    completedBytes: 0,
    memoryUsage: 0,
    get readTimeNanos() {
      return readTimeMillis * 1e6
    },
    async getNextPage(): Promise<Page | undefined> {
      const startedAt = performance.now()
      const { done, value } = await iterator.next()
      readTimeMillis += performance.now() - startedAt
      if (done === true) return undefined
      check(value)
      return value
    },
    async close() {
      try {
        // One that waits for something ends when it has it, or when its signal tells it.
        const returned = Promise.resolve(iterator.return?.())
        returned.catch(() => undefined)
      } finally {
        await processor.close?.()
      }
    },
  }
}
