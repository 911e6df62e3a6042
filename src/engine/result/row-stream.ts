import { Readable } from 'node:stream'
import type { RowSlices } from './row-slices.js'

/** Rows a stream holds beyond what its consumer has read. */
const HIGH_WATER_ROWS = 1024

/** A stream of rows in object mode that makes them as they are read; destroying it ends the query. */
export function createRowStream(slices: RowSlices): Readable {
  let slice: readonly unknown[] = []
  let next = 0
  let isReading = false
  const stream: Readable = new Readable({
    objectMode: true,
    highWaterMark: HIGH_WATER_ROWS,
    read() {
      if (isReading) return
      isReading = true
      fill().catch((error: Error) => stream.destroy(error))
    },
    destroy(error, callback) {
      slices.close().then(
        () => callback(error),
        (closing: Error) => callback(error ?? closing),
      )
    },
  })
  const fill = async (): Promise<void> => {
    for (;;) {
      while (next < slice.length) {
        if (stream.push(slice[next++])) continue
        // The stream asks again when it has room, which may be before this returns.
        isReading = false
        return
      }
      slice = await slices.next()
      next = 0
      if (slice.length === 0) {
        stream.push(null)
        return
      }
    }
  }
  return stream
}
