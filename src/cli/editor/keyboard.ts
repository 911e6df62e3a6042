import { emitKeypressEvents } from 'node:readline'
import type { ReadStream } from 'node:tty'

/** A key: its name where it has one (`left`, `return`, `paste-start`), and the characters that it sent. */
export interface Key {
  readonly name: string | undefined
  readonly sequence: string
  readonly ctrl: boolean
  readonly meta: boolean
}

const BRACKETED_PASTE_ON = '\u001b[?2004h'
const BRACKETED_PASTE_OFF = '\u001b[?2004l'

/**
 * The keys of a terminal, one by one. Those pressed while nobody asks wait, but for Ctrl-C, which goes to `onInterrupt`.
 */
export class Keyboard {
  readonly #input: ReadStream
  readonly #output: NodeJS.WriteStream
  readonly #waiting: Key[] = []
  #onKey: ((key: Key | undefined) => void) | undefined
  #isClosed = false
  /** What Ctrl-C does while no key is asked for. */
  onInterrupt: (() => void) | undefined

  readonly #take = (text: string | undefined, key: Partial<Key> | undefined): void => {
    this.#give({
      name: key?.name,
      sequence: text ?? key?.sequence ?? '',
      ctrl: key?.ctrl === true,
      meta: key?.meta === true,
    })
  }
  readonly #end = (): void => {
    this.#isClosed = true
    this.#onKey?.(undefined)
    this.#onKey = undefined
  }

  constructor(input: ReadStream, output: NodeJS.WriteStream) {
    this.#input = input
    this.#output = output
    emitKeypressEvents(input)
    input.on('keypress', this.#take)
    input.once('end', this.#end)
    input.once('close', this.#end)
    this.resume()
  }

  #give(key: Key): void {
    const onKey = this.#onKey
    if (onKey !== undefined) {
      this.#onKey = undefined
      onKey(key)
    } else if (key.ctrl && key.name === 'c' && this.onInterrupt !== undefined) {
      this.#waiting.length = 0
      this.onInterrupt()
    } else {
      this.#waiting.push(key)
    }
  }

  /** The next key; undefined where the terminal has gone. */
  next(): Promise<Key | undefined> {
    const key = this.#waiting.shift()
    if (key !== undefined || this.#isClosed) return Promise.resolve(key)
    return new Promise((resolve) => {
      this.#onKey = resolve
    })
  }

  /** Whether keys wait already: what comes of them need not be drawn in between. */
  get hasWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Leaves the terminal to another program, or as it was found. */
  pause(): void {
    this.#output.write(BRACKETED_PASTE_OFF)
    this.#input.setRawMode(false)
    this.#input.pause()
  }

  resume(): void {
    this.#input.setRawMode(true)
    this.#input.resume()
    this.#output.write(BRACKETED_PASTE_ON)
  }

  close(): void {
    this.#input.off('keypress', this.#take)
    this.pause()
  }
}
