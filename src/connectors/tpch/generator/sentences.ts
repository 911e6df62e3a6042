import type { WeightedValues } from './distributions.js'
import {
  ADJECTIVES,
  ADVERBS,
  AUXILIARIES,
  NOUN_PHRASES,
  NOUNS,
  PREPOSITIONS,
  SENTENCES,
  TERMINATORS,
  VERB_PHRASES,
  VERBS,
} from './distributions.js'
import { MODULUS, nextState } from './random.js'

/** The longest sentence the grammar makes fits this many bytes. */
export const SENTENCE_BYTES_MAX = 512

/** Where the writing of sentences stands: always between two sentences. */
export interface SentenceWriter {
  /** State of the one random stream of all text. */
  state: number
  /** Draws made since the stream's seed. */
  draws: number
  /** Bytes written to the output. */
  position: number
}

/** Words of one kind: for each unit of weight, its word's index in the vocabulary << 5 | its length. */
type WordSource = Uint16Array

/** Phrases of one kind: for each unit of weight, the sources of its words. */
type PhraseSource = readonly (readonly WordSource[])[]

/** A part of a sentence: a leading word, a phrase, or both; a terminator takes the place of the last blank. */
interface SentencePart {
  readonly lead: WordSource | null
  readonly phrase: PhraseSource | null
  readonly overwrites: 0 | 1
}

interface Grammar {
  /** Words with the characters that follow them, each in WORD_CELLS cells of four bytes. */
  readonly vocabulary: Int32Array
  readonly sentenceOfUnit: readonly (readonly SentencePart[])[]
}

const WORD_CELLS = 5

function compileGrammar(): Grammar {
  const vocabulary: string[] = []
  const words = (kind: WeightedValues, ending: string): WordSource =>
    Uint16Array.from(kind.indexOfUnit, (index) => {
      const word = kind.values[index]! + ending
      const known = vocabulary.indexOf(word)
      return ((known < 0 ? vocabulary.push(word) - 1 : known) << 5) | word.length
    })
  const phrases = (kind: WeightedValues, sources: Record<string, WordSource>): PhraseSource => {
    const compiled = kind.values.map((syntax) => syntax.split(' ').map((token) => sources[token]!))
    return Array.from(kind.indexOfUnit, (index) => compiled[index]!)
  }
  const adverbs = words(ADVERBS, ' ')
  const nounPhrase = phrases(NOUN_PHRASES, {
    N: words(NOUNS, ' '),
    J: words(ADJECTIVES, ' '),
    'J,': words(ADJECTIVES, ', '),
    D: adverbs,
  })
  const verbPhrase = phrases(VERB_PHRASES, {
    V: words(VERBS, ' '),
    X: words(AUXILIARIES, ' '),
    D: adverbs,
  })
  const parts: Record<string, SentencePart> = {
    N: { lead: null, phrase: nounPhrase, overwrites: 0 },
    V: { lead: null, phrase: verbPhrase, overwrites: 0 },
    P: { lead: words(PREPOSITIONS, ' the '), phrase: nounPhrase, overwrites: 0 },
    T: { lead: words(TERMINATORS, ' '), phrase: null, overwrites: 1 },
  }
  const sentences = SENTENCES.values.map((syntax) =>
    syntax.split(' ').map((token) => parts[token]!),
  )
  const cells = new Int32Array(vocabulary.length * WORD_CELLS)
  const bytes = new Uint8Array(cells.buffer)
  vocabulary.forEach((word, index) => {
    bytes.set(new TextEncoder().encode(word), index * WORD_CELLS * 4)
  })
  return {
    vocabulary: cells,
    sentenceOfUnit: Array.from(SENTENCES.indexOfUnit, (index) => sentences[index]!),
  }
}

let compiledGrammar: Grammar | undefined

/**
 * Appends whole sentences to `out` until at least `byteCount` bytes are written; `out` needs room for
 * {@link SENTENCE_BYTES_MAX} more.
 */
export function writeSentences(out: DataView, writer: SentenceWriter, byteCount: number): void {
  compiledGrammar ??= compileGrammar()
  const { sentenceOfUnit, vocabulary } = compiledGrammar
  let { state, draws, position } = writer
  while (position < byteCount) {
    state = nextState(state)
    const sentence = sentenceOfUnit[((state / MODULUS) * sentenceOfUnit.length) | 0]!
    draws++
    for (let i = 0; i < sentence.length; i++) {
      const { lead, phrase, overwrites } = sentence[i]!
      if (lead !== null) {
        state = nextState(state)
        draws++
        const word = lead[((state / MODULUS) * lead.length) | 0]!
        position -= overwrites
        writeWord(out, position, vocabulary, word)
        position += word & 31
      }
      if (phrase !== null) {
        state = nextState(state)
        const sources = phrase[((state / MODULUS) * phrase.length) | 0]!
        draws += 1 + sources.length
        for (let j = 0; j < sources.length; j++) {
          const source = sources[j]!
          state = nextState(state)
          const word = source[((state / MODULUS) * source.length) | 0]!
          writeWord(out, position, vocabulary, word)
          position += word & 31
        }
      }
    }
  }
  writer.state = state
  writer.draws = draws
  writer.position = position
}

/** Writes a word four bytes at a time; what it writes too much, the next word overwrites. */
function writeWord(out: DataView, position: number, vocabulary: Int32Array, word: number): void {
  const cell = (word >>> 5) * WORD_CELLS
  out.setInt32(position, vocabulary[cell]!, true)
  out.setInt32(position + 4, vocabulary[cell + 1]!, true)
  if ((word & 31) > 8) {
    out.setInt32(position + 8, vocabulary[cell + 2]!, true)
    out.setInt32(position + 12, vocabulary[cell + 3]!, true)
    out.setInt32(position + 16, vocabulary[cell + 4]!, true)
  }
}
