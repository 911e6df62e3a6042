import type { TextOptions } from './config.js'
import type { DataFile, FileFormat, FileSummary } from './format.js'

/** Files remembered, of all tables together. */
const ENTRIES_MAX = 4096

/** What files said of themselves, for as long as they have the same size and time. One a thread and catalog. */
export class SummaryCache {
  readonly #entries = new Map<string, FileSummary>()

  async inspect(
    format: FileFormat,
    file: DataFile,
    options: TextOptions,
    signal: AbortSignal,
  ): Promise<FileSummary> {
    const key = `${format.name}\0${file.path}\0${file.size}\0${file.modifiedMillis}`
    const known = this.#entries.get(key)
    if (known !== undefined) {
      // The least recently used entry is the first.
      this.#entries.delete(key)
      this.#entries.set(key, known)
      return known
    }
    const summary = await format.inspect(file, options, signal)
    this.#entries.set(key, summary)
    if (this.#entries.size > ENTRIES_MAX) {
      this.#entries.delete(this.#entries.keys().next().value!)
    }
    return summary
  }
}
