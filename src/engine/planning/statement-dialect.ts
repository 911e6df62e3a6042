import type { TranslatedStatement } from '../../dialect/translate.js'
import { MillraceError } from '../../spi/index.js'
import type { EngineServices, ParameterValue } from '../services.js'
import type { Session } from '../session/session.js'
import { propertyText } from '../session/session-properties.js'

/** A statement in Trino's SQL, as the engine runs it. */
export interface DialectStatement {
  readonly sql: string
  readonly parameters: readonly ParameterValue[]
  /** An error of this statement, at the place in the text that was written. */
  error(error: unknown): unknown
}

/**
 * The statement that a text of the session's dialect means; undefined where the text is Trino's SQL. Loads the dialects.
 * @throws SYNTAX_ERROR, NOT_SUPPORTED, INVALID_PARAMETER_USAGE; CONFIGURATION_INVALID where their parser is not installed
 */
export async function fromDialect(
  sql: string,
  parameters: readonly ParameterValue[],
  session: Session,
  services: EngineServices,
): Promise<DialectStatement | undefined> {
  const name = propertyText(session, 'dialect').toLowerCase()
  if (name === 'trino') return undefined
  const [{ findDialect }, { translate }, { isBuiltinFunction }] = await Promise.all([
    import('../../dialect/dialect.js'),
    import('../../dialect/translate.js'),
    import('../../expressions/functions/builtin-names.js'),
  ])
  const dialect = findDialect(name)
  if (dialect === undefined) {
    throw new MillraceError('INVALID_SESSION_PROPERTY', `Dialect does not exist: ${name}`)
  }
  const translated = await translate(sql, dialect, {
    isBuiltin: isBuiltinFunction,
    isOwnFunction: (called) => !isBuiltinFunction(called) && services.functions.has(called),
  })
  if (translated === undefined) return undefined
  const found = parameters.length
  if (found !== translated.parameterCount) {
    throw new MillraceError(
      'INVALID_PARAMETER_USAGE',
      `Incorrect number of parameters: expected ${translated.parameterCount} but found ${found}`,
    )
  }
  return {
    sql: translated.sql,
    parameters: translated.parameterOrder.map((position) => parameters[position]!),
    error: (error) => atOriginal(error, translated),
  }
}

function atOriginal(error: unknown, { locate }: TranslatedStatement): unknown {
  if (!(error instanceof MillraceError) || error.location === undefined) return error
  return new MillraceError(error.code, error.message, {
    number: error.number,
    type: error.type,
    location: locate(error.location),
    detail: error.detail,
    hint: error.hint,
    cause: error.cause ?? error,
  })
}
