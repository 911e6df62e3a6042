import { createRequire } from 'node:module'
import { MillraceError } from '../../../spi/error.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'

type Stem = (word: string) => string

/** Snowball's algorithm of each language, by its code. @source Trino WordStemFunction */
const SNOWBALL: Readonly<Record<string, string>> = {
  ca: 'catalan',
  da: 'danish',
  de: 'german',
  en: 'english',
  es: 'spanish',
  eu: 'basque',
  fi: 'finnish',
  fr: 'french',
  hu: 'hungarian',
  hy: 'armenian',
  ir: 'irish',
  it: 'italian',
  nl: 'dutch',
  no: 'norwegian',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sv: 'swedish',
  tr: 'turkish',
}

/** What differs between Snowball's releases: the one that Trino runs against the package's. */
const ADJUSTED: Readonly<Record<string, (stem: Stem) => Stem>> = {
  // Letters with a comma below are those with a cedilla, of which the package knows alone.
  ro: (stem) => (word) =>
    stem(word.replaceAll('ș', 'ş').replaceAll('ț', 'ţ')).replaceAll('ş', 'ș').replaceAll('ţ', 'ț'),
  // A word that ends with the suffix of the plural is taken as it is.
  tr: (stem) => (word) => (/l[ae]r$/.test(word) ? word : stem(word)),
}

const require = createRequire(import.meta.url)

/** @throws MillraceError FUNCTION_IMPLEMENTATION_MISSING where the package is not installed */
function load<T>(name: string, specifier: string): T {
  try {
    return require(specifier) as T
  } catch (cause) {
    throw new MillraceError(
      'FUNCTION_IMPLEMENTATION_MISSING',
      `word_stem needs a package that can't be loaded: ${name}`,
      { hint: `Run: npm install ${name}`, cause },
    )
  }
}

const made = new Map<string, Stem>()

/** The stems of a language, whose package is loaded when they are first asked for. @throws INVALID_FUNCTION_ARGUMENT */
function stemOf(language: string): Stem {
  let stem = made.get(language)
  if (stem === undefined) {
    stem = makeStem(language)
    made.set(language, stem)
  }
  return stem
}

function makeStem(language: string): Stem {
  if (language === 'lt') {
    return load<{ readonly stemmer: Stem }>('@orama/stemmers', '@orama/stemmers/lithuanian').stemmer
  }
  const algorithm = SNOWBALL[language]
  if (algorithm === undefined) return invalidArgument(`Unknown stemmer language: ${language}`)
  const { newStemmer } = load<{ newStemmer(name: string): { stem: Stem } }>(
    'snowball-stemmers',
    'snowball-stemmers',
  )
  const stemmer = newStemmer(algorithm)
  const stem: Stem = (word) => stemmer.stem(word)
  return ADJUSTED[language]?.(stem) ?? stem
}

export const wordStem = scalarFunction({
  name: 'word_stem',
  description: 'The stem of a word, in English or the language of a code',
  overloads: [
    {
      args: ['varchar(x)'],
      returns: 'varchar(x)',
      evaluate: (word: string) => stemOf('en')(word),
    },
    {
      args: ['varchar(x)', 'varchar(2)'],
      returns: 'varchar(x)',
      evaluate: (word: string, language: string) => stemOf(language)(word),
    },
  ],
})
