import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A statement with what a real Trino answered; see the conformance folder's README. */
export interface RecordedCase {
  readonly file: string
  readonly sql: string
  readonly setup?: readonly string[]
  readonly teardown?: readonly string[]
  readonly error?: { name: string; message: string; line?: number; column?: number }
}

const folder =
  process.env['MILLRACE_CONFORMANCE'] ??
  fileURLToPath(new URL('../../../../../shared/conformance/', import.meta.url))

function readCases(): RecordedCase[] {
  const cases = `${folder}/public`
  if (!existsSync(cases)) return []
  return readdirSync(cases)
    .filter((file) => file.endsWith('.jsonl'))
    .flatMap((file) => {
      const lines = readFileSync(`${cases}/${file}`, 'utf8').split('\n')
      return lines.filter((line) => line !== '').map((line) => ({ ...JSON.parse(line), file }))
    })
}

/** The recorded cases, none where the conformance folder is missing. */
export const recordedCases: readonly RecordedCase[] = readCases()

/** Errors that Trino calls syntax errors but finds after parsing, or in a JSON path. */
const FOUND_LATER = /Too many|Multiple transaction|expecting \{|no viable alternative/

/** The error that parsing a case's statement must give, undefined where it parses. */
export function recordedSyntaxError({ error }: RecordedCase): RecordedCase['error'] {
  return error?.name === 'SYNTAX_ERROR' && !FOUND_LATER.test(error.message) ? error : undefined
}

/** All recorded statements that parse. */
export const recordedStatements: readonly string[] = recordedCases.flatMap((recorded) => [
  ...(recorded.setup ?? []),
  ...(recordedSyntaxError(recorded) === undefined ? [recorded.sql] : []),
  ...(recorded.teardown ?? []),
])
