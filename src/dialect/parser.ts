import { MillraceError } from '../spi/index.js'
import type { Grammar } from './dialect.js'

/** Parses a text into node-sql-parser's tree. @throws its SyntaxError, with `location` */
export type ForeignParser = (text: string) => unknown

interface ParserModule {
  readonly Parser: new () => {
    parse(
      sql: string,
      options: {
        readonly database: string
        readonly parseOptions: { readonly includeLocations: boolean }
      },
    ): { readonly ast: unknown }
  }
}

const loaded = new Map<Grammar, Promise<ForeignParser>>()

/** The parser of a grammar, loaded by its first use. @throws CONFIGURATION_INVALID where it is not installed */
export function loadParser(grammar: Grammar): Promise<ForeignParser> {
  let parser = loaded.get(grammar)
  if (parser === undefined) loaded.set(grammar, (parser = load(grammar)))
  return parser
}

async function load(grammar: Grammar): Promise<ForeignParser> {
  let module: { readonly default: ParserModule }
  try {
    module = await import(`node-sql-parser/build/${grammar}.js`)
  } catch (cause) {
    loaded.delete(grammar)
    throw new MillraceError(
      'CONFIGURATION_INVALID',
      `SQL dialects need the package node-sql-parser, which could not be loaded: ${grammar}`,
      { cause, hint: 'Install it beside millrace: npm install node-sql-parser' },
    )
  }
  const parser = new module.default.Parser()
  return (text) =>
    parser.parse(text, { database: grammar, parseOptions: { includeLocations: true } }).ast
}
