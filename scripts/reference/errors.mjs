const TYPES = {
  USER_ERROR:
    'The statement, or what the program asked for, is wrong; doing it again gives the same.',
  INTERNAL_ERROR: 'The engine, its configuration or a node failed.',
  INSUFFICIENT_RESOURCES: 'A limit of memory, time or number was met.',
  EXTERNAL: 'What a connector reads or writes failed, or has something the engine does not know.',
}

/**
 * The page of error codes.
 * @param {Readonly<Record<string, readonly [number, string]>>} codes ERROR_CODES of src/spi/error-codes.ts
 */
export function renderErrors(codes) {
  const lines = [
    '# Error codes',
    '',
    '<!-- Written by `npm run docs` from src/spi/error-codes.ts; do not edit. -->',
    '',
    "A `MillraceError` has Trino's `code`, `number` and `type`, a short message with the value at its end, and, where known,",
    'a `location` (line and column, from 1), a `detail`, a `hint` and a `cause`. Over HTTP they are `errorName`, `errorCode`,',
    "`errorType` and `errorLocation`. The table has all codes that Trino's clients may meet; not every one is raised here.",
  ]
  for (const [type, meaning] of Object.entries(TYPES)) {
    const rows = Object.entries(codes)
      .filter(([, [, codeType]]) => codeType === type)
      .sort(([, [a]], [, [b]]) => a - b)
    lines.push('', `## ${type}`, '', meaning, '', '| number | code |', '|---:|---|')
    for (const [code, [number]] of rows) lines.push(`| ${number} | \`${code}\` |`)
  }
  return `${lines.join('\n')}\n`
}
