import type { Page } from '../../spi/index.js'
import { PageDecoder } from './page-decoder.js'
import type { EncodedPage, EncodedPart } from './page-encoder.js'
import { openBody } from './sealed-body.js'

/** Which parts a stream has had, so that each is sent once. */
export class SentParts {
  readonly #schemas = new Map<number, number>()
  readonly #dictionaries = new Map<number, number>()

  /** Notes a part. @returns false when the stream has had it */
  add({ kind, number, serial }: EncodedPart): boolean {
    if (kind === 'schema') {
      if (this.#schemas.get(number) === serial) return false
      this.#schemas.set(number, serial)
      return true
    }
    if ((this.#dictionaries.get(number) ?? -1) >= serial) return false
    this.#dictionaries.set(number, serial)
    return true
  }
}

let decoderCount = 0

/** Gives encoded pages back as pages, without a stream between: for readers in the process that encoded them. */
export class EncodedPageDecoder {
  readonly #decoder = new PageDecoder(`exchange:local:${++decoderCount}:`)
  readonly #had = new SentParts()

  decode({ needs, schema, body }: EncodedPage): Page {
    for (const part of needs) {
      if (!this.#had.add(part)) continue
      if (part.kind === 'schema') this.#decoder.addSchema(part.number, openBody(part.body))
      else this.#decoder.addDictionary(part.number, openBody(part.body))
    }
    return this.#decoder.decode(schema, openBody(body))
  }
}
