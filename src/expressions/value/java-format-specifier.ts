/** A `%` of a format: which argument it takes and how it writes it. */
export interface FormatSpecifier {
  readonly text: string
  /** From 1; absent: the next one. */
  readonly index: number | 'previous' | undefined
  readonly flags: string
  readonly width: number | undefined
  readonly precision: number | undefined
  /** `t` and `T` have their letter in `suffix`. */
  readonly conversion: string
  readonly suffix: string
}

export type Fail = (problem: string) => never

const SPECIFIER = /%(?:(\d+)\$)?([-#+ 0,(<]*)([1-9]\d*)?(?:\.(\d+))?([tT])?([a-zA-Z%])/y

/**
 * Takes a format apart into texts and specifiers, all checked.
 * @param fail gets what is wrong, as the exception of Java's that it is
 * @source java.util.Formatter.parse and FormatSpecifier
 */
export function parseFormat(pattern: string, fail: Fail): readonly (string | FormatSpecifier)[] {
  const parts: (string | FormatSpecifier)[] = []
  let at = 0
  while (at < pattern.length) {
    const next = pattern.indexOf('%', at)
    if (next < 0) return [...parts, pattern.slice(at)]
    if (next > at) parts.push(pattern.slice(at, next))
    SPECIFIER.lastIndex = next
    const match = SPECIFIER.exec(pattern)
    if (match === null) return fail("UnknownFormatConversion: Conversion = '%'")
    at = SPECIFIER.lastIndex
    const [text, index, flags = '', width, precision, time, letter] = match
    const specifier: FormatSpecifier = {
      text,
      index: flags.includes('<') ? 'previous' : index === undefined ? undefined : Number(index),
      flags,
      width: width === undefined ? undefined : Number(width),
      precision: precision === undefined ? undefined : Number(precision),
      conversion: time ?? letter!,
      suffix: letter!,
    }
    if (new Set(flags).size < flags.length) fail(`DuplicateFormatFlags: Flags = '${flags}'`)
    check(specifier, fail)
    parts.push(specifier)
  }
  return parts
}

/** Conversions by what is checked for them: flags that they refuse, and whether they take a precision. */
const REFUSED: Readonly<Record<string, { readonly flags: string; readonly precision: boolean }>> = {
  b: { flags: '#+ 0,(', precision: true },
  h: { flags: '#+ 0,(', precision: true },
  s: { flags: '+ 0,(', precision: true },
  c: { flags: '#+ 0,(', precision: false },
  t: { flags: '#+ 0,(', precision: false },
  d: { flags: '#', precision: false },
  o: { flags: ',', precision: false },
  x: { flags: ',', precision: false },
  e: { flags: ',', precision: true },
  f: { flags: '', precision: true },
  g: { flags: '#', precision: true },
  a: { flags: '(,', precision: true },
  '%': { flags: '#+ 0,(<', precision: false },
  n: { flags: '-#+ 0,(<', precision: false },
}

const CONVERSIONS = /^[bBhHsScCdoxXeEfgGaAtT%n]$/
const TIME_SUFFIXES = /^[HIklMNLQpsSTzZaAbBCdehjmyYrRcDF]$/

function check(specifier: FormatSpecifier, fail: Fail): void {
  const { conversion, flags, width, precision, suffix, text } = specifier
  const kind = conversion.toLowerCase()
  if (kind === 't' && !TIME_SUFFIXES.test(suffix)) {
    fail(`UnknownFormatConversion: Conversion = 't${suffix}'`)
  }
  if (!CONVERSIONS.test(conversion)) fail(`UnknownFormatConversion: Conversion = '${conversion}'`)
  const refused = REFUSED[kind]!
  if (precision !== undefined && !refused.precision) fail(`IllegalFormatPrecision: ${precision}`)
  const bad = [...flags].filter((flag) => refused.flags.includes(flag))
  if (bad.length > 0) {
    fail(`FormatFlagsConversionMismatch: Conversion = ${kind}, Flags = ${bad.join('')}`)
  }
  const isNumber = 'doxefga'.includes(kind)
  const needsWidth = flags.includes('-') || (isNumber && flags.includes('0'))
  if (needsWidth && width === undefined) fail(`MissingFormatWidth: ${text}`)
  if (kind === 'n' && width !== undefined) fail(`IllegalFormatWidth: ${width}`)
  const has = (pair: string) => [...pair].every((flag) => flags.includes(flag))
  if (isNumber && (has('+ ') || has('-0'))) fail(`IllegalFormatFlags: Flags = '${flags}'`)
}
