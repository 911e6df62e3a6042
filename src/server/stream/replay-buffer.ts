/** A message that is kept until the client has it. */
export interface SequencedMessage {
  readonly sequence: number
  /** Text for control messages, bytes for frames. */
  readonly data: string | Buffer
}

const sizeOf = ({ data }: SequencedMessage): number => data.length

/** Messages of a query in order, from the first that its client has not acknowledged. */
export class ReplayBuffer {
  #messages: SequencedMessage[] = []
  /** Of the first kept message in the array. */
  #head = 0
  #byteLength = 0

  get byteLength(): number {
    return this.#byteLength
  }

  get isEmpty(): boolean {
    return this.#head === this.#messages.length
  }

  add(message: SequencedMessage): void {
    this.#messages.push(message)
    this.#byteLength += sizeOf(message)
  }

  /** Forgets the messages before `next`. @returns whether there were any */
  acknowledge(next: number): boolean {
    const before = this.#head
    for (;;) {
      const message = this.#messages[this.#head]
      if (message === undefined || message.sequence >= next) break
      this.#byteLength -= sizeOf(message)
      this.#head++
    }
    const isChanged = this.#head > before
    // Moved rarely enough that each message is moved about once.
    if (this.#head * 2 >= this.#messages.length) {
      this.#messages = this.#messages.slice(this.#head)
      this.#head = 0
    }
    return isChanged
  }

  *[Symbol.iterator](): Generator<SequencedMessage> {
    for (let i = this.#head; i < this.#messages.length; i++) yield this.#messages[i]!
  }
}
