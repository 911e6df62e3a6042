import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Entries that are kept; a file with twice as many is cut. */
const MAX_ENTRIES = 10_000

/** What was entered, oldest first, kept in a file: an entry a line, line breaks and backslashes behind a backslash. */
export class History {
  readonly #file: string | undefined
  #entries: string[]

  /** @param file where it is kept; absent: in memory only */
  constructor(file: string | undefined) {
    this.#file = file
    this.#entries = file === undefined ? [] : readEntries(file)
  }

  get entries(): readonly string[] {
    return this.#entries
  }

  /**
   * Adds an entry, unless it is empty or the last one again.
   * @throws what the file system throws; the entry is there in memory all the same
   */
  add(entry: string): void {
    if (entry.trim() === '' || entry === this.#entries.at(-1)) return
    this.#entries.push(entry)
    if (this.#file === undefined) return
    if (this.#entries.length > 2 * MAX_ENTRIES) {
      this.#entries = this.#entries.slice(-MAX_ENTRIES)
      writeEntries(this.#file, this.#entries)
    } else {
      mkdirSync(dirname(this.#file), { recursive: true })
      appendFileSync(this.#file, `${encode(entry)}\n`, { mode: 0o600 })
    }
  }
}

const encode = (entry: string): string => entry.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
const decode = (line: string): string =>
  line.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character))

function readEntries(file: string): string[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    // The first time there is none; what can't be read is told when it is written to.
    if (error instanceof Error && 'code' in error) return []
    throw error
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(decode)
}

function writeEntries(file: string, entries: readonly string[]): void {
  const temporary = `${file}.${process.pid}`
  writeFileSync(temporary, entries.map((entry) => `${encode(entry)}\n`).join(''), { mode: 0o600 })
  renameSync(temporary, file)
}
