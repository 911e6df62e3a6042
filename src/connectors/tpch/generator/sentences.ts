import { assert } from '../../../spi/index.js'
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

/** Where the drawing of sentences stands: always between two sentences. */
export interface SentenceWriter {
  /** State of the one random stream of all text. */
  state: number
  /** Draws made since the stream's seed. */
  draws: number
  /** Words drawn to the output. */
  wordCount: number
  /** Bytes of text that the words make. */
  byteCount: number
}

/** The words of all text with the characters that follow them, by numbers below 256. */
export interface Vocabulary {
  /** Each word in WORD_BYTES bytes; the rest is zeros. */
  readonly bytes: DataView
  /** By how much each word lengthens the text: a terminator takes the place of the blank before it. */
  readonly advance: Uint8Array
  /** 1 for terminators: where they begin before the end of the text so far. */
  readonly back: Uint8Array
}

export const WORD_BYTES = 24

/** Words of one kind: the word of each unit of weight. */
type WordSource = Uint8Array

/** Phrases of one kind: for each unit of weight, the sources of its words. */
type PhraseSource = readonly (readonly WordSource[])[]

/** A part of a sentence: a leading word, a phrase, or both. */
interface SentencePart {
  readonly lead: WordSource | null
  readonly phrase: PhraseSource | null
}

interface Grammar {
  readonly vocabulary: Vocabulary
  readonly sentenceOfUnit: readonly (readonly SentencePart[])[]
}

function compileGrammar(): Grammar {
  const known: string[] = []
  const words = (kind: WeightedValues, ending: string): WordSource =>
    Uint8Array.from(kind.indexOfUnit, (index) => {
      const word = kind.values[index]! + ending
      const at = known.indexOf(word)
      return at < 0 ? known.push(word) - 1 : at
    })
  const phrases = (kind: WeightedValues, sources: Record<string, WordSource>): PhraseSource => {
    const compiled = kind.values.map((syntax) => syntax.split(' ').map((token) => sources[token]!))
    return Array.from(kind.indexOfUnit, (index) => compiled[index]!)
  }
  const terminators = words(TERMINATORS, ' ')
  const terminatorCount = known.length
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
    N: { lead: null, phrase: nounPhrase },
    V: { lead: null, phrase: verbPhrase },
    P: { lead: words(PREPOSITIONS, ' the '), phrase: nounPhrase },
    T: { lead: terminators, phrase: null },
  }
  const sentences = SENTENCES.values.map((syntax) =>
    syntax.split(' ').map((token) => parts[token]!),
  )
  assert(known.length <= 256, 'a word is a byte')
  return {
    vocabulary: vocabularyOf(known, terminatorCount),
    sentenceOfUnit: Array.from(SENTENCES.indexOfUnit, (index) => sentences[index]!),
  }
}

/** Of words that begin with the terminators. */
function vocabularyOf(words: readonly string[], terminatorCount: number): Vocabulary {
  const bytes = new Uint8Array(words.length * WORD_BYTES + WORD_BYTES)
  words.forEach((word, index) => {
    bytes.set(new TextEncoder().encode(word), index * WORD_BYTES)
  })
  const back = Uint8Array.from(words, (_, index) => (index < terminatorCount ? 1 : 0))
  return {
    bytes: new DataView(bytes.buffer),
    advance: Uint8Array.from(words, (word, index) => word.length - back[index]!),
    back,
  }
}

let compiledGrammar: Grammar | undefined

function grammar(): Grammar {
  return (compiledGrammar ??= compileGrammar())
}

export const vocabulary = (): Vocabulary => grammar().vocabulary

/**
 * Appends the words of whole sentences to `out` until they make at least `byteCount` bytes of text; `out` needs room for
 * those of {@link SENTENCE_BYTES_MAX} more.
 */
export function drawSentences(out: Uint8Array, writer: SentenceWriter, byteCount: number): void {
  const { sentenceOfUnit, vocabulary } = grammar()
  const { advance } = vocabulary
  let { state, draws, wordCount, byteCount: position } = writer
  while (position < byteCount) {
    state = nextState(state)
    const sentence = sentenceOfUnit[((state / MODULUS) * sentenceOfUnit.length) | 0]!
    draws++
    for (let i = 0; i < sentence.length; i++) {
      const { lead, phrase } = sentence[i]!
      if (lead !== null) {
        state = nextState(state)
        draws++
        const word = lead[((state / MODULUS) * lead.length) | 0]!
        out[wordCount++] = word
        position += advance[word]!
      }
      if (phrase !== null) {
        state = nextState(state)
        const sources = phrase[((state / MODULUS) * phrase.length) | 0]!
        draws += 1 + sources.length
        for (let j = 0; j < sources.length; j++) {
          const source = sources[j]!
          state = nextState(state)
          const word = source[((state / MODULUS) * source.length) | 0]!
          out[wordCount++] = word
          position += advance[word]!
        }
      }
    }
  }
  writer.state = state
  writer.draws = draws
  writer.wordCount = wordCount
  writer.byteCount = position
}
