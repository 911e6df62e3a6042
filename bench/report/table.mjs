import { median, spread } from './statistics.mjs'

const DIGITS = { ms: 2, MB: 0, 'M rows/s': 2, 'MB/s': 0, 'ns/row': 2, 'GB/s': 1, files: 0 }

export function amount(value, unit) {
  const digits = value >= 100 ? Math.min(1, DIGITS[unit] ?? 1) : (DIGITS[unit] ?? 2)
  return `${value.toFixed(digits)} ${unit}`
}

const cell = (value, unit) =>
  value === undefined
    ? '–'
    : value.samples === undefined
      ? value.missing
      : `${amount(median(value.samples), unit)}${value.samples.length < 3 ? '' : ` ±${spread(value.samples)}%`}`

/** The first's time by the other's, or for rates the other's rate by the first's: below 1 the first is better. */
export function ratioOf(measure, first, other) {
  const own = measure.values[first]?.samples
  const theirs = measure.values[other]?.samples
  if (own === undefined || theirs === undefined) return undefined
  if (median(own) === 0 || median(theirs) === 0) return undefined
  const ratio = median(own) / median(theirs)
  return measure.better === 'lower' ? ratio : 1 / ratio
}

const ratioText = (ratio) => (ratio === undefined ? '' : ratio.toFixed(2))

/** One measure as a line, for who waits. */
export function measureLine(measure, subjects) {
  const first = subjects[0].name
  const values = subjects.map(({ name }) => `${name} ${cell(measure.values[name], measure.unit)}`)
  const ratios = subjects
    .slice(1)
    .map(({ name }) => ratioText(ratioOf(measure, first, name)))
    .filter(Boolean)
  const label = measure.group === '' ? measure.name : `${measure.group}: ${measure.name}`
  const ratio = ratios.length === 0 ? '' : `   ratio ${ratios.join(' ')}`
  return `${label.padEnd(36)} ${values.join('   ')}${ratio}${measure.note === undefined ? '' : `   ${measure.note}`}`
}

function rowsOf({ subjects, measures }) {
  const first = subjects[0]?.name
  const others = subjects.slice(1).map(({ name }) => name)
  const hasNotes = measures.some((m) => m.note !== undefined)
  const head = ['', ...subjects.map((s) => s.name), ...others.map((name) => `: ${name}`)]
  if (hasNotes) head.push('')
  const groups = new Set(measures.map((m) => m.group))
  const ordered = [...groups].flatMap((of) => measures.filter((m) => m.group === of))
  let group = ''
  const rows = ordered.flatMap((m) => {
    const row = [
      m.name,
      ...subjects.map(({ name }) => cell(m.values[name], m.unit)),
      ...others.map((name) => ratioText(ratioOf(m, first, name))),
    ]
    if (hasNotes) row.push(m.note ?? '')
    if (m.group === group) return [row]
    group = m.group
    return [[`**${group}**`, ...row.slice(1).map(() => '')], row]
  })
  return [head, ...rows]
}

const summaryLines = (result) =>
  (result.summary ?? []).map(
    (s) =>
      `${result.subjects[0].name} : ${s.subject} over ${s.count}: geometric mean ${s.geometricMeans.map((m) => m.toFixed(2)).join(' : ')} ms, ` +
      `ratio ${s.ratio.toFixed(3)}; sums ${s.sums.map((m) => m.toFixed(0)).join(' : ')} ms; worst ${s.worst.name} ${s.worst.ratio.toFixed(2)}; ${s.aboveOne} above 1`,
  )

/** For a terminal. */
export function table(result) {
  const rows = rowsOf(result).map((row) => row.map((text) => text.replaceAll('**', '')))
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)))
  const lines = rows.map((row) =>
    row
      .map((text, c) => (c === 0 ? text.padEnd(widths[c]) : text.padStart(widths[c])))
      .join('  ')
      .trimEnd(),
  )
  return [result.title, ...lines, ...summaryLines(result)].join('\n')
}

/** For documentation: a table in Markdown, under what was measured where. */
export function markdownTable(result) {
  const rows = rowsOf(result)
  const line = (cells) => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`
  const { cpu, cores, node, commit, startedAt, loadAverage } = result.environment
  const versions = result.subjects.flatMap((s) =>
    s.version === undefined ? [] : `${s.name} ${s.version}`,
  )
  return [
    `${result.title}. ${versions.join(', ')}${versions.length === 0 ? '' : '; '}${cores} × ${cpu}, Node ${node}, revision ${commit}, ` +
      `${startedAt.slice(0, 10)}, load ${loadAverage.toFixed(1)} at the start.`,
    '',
    line(rows[0]),
    `|---|${'---:|'.repeat(rows[0].length - 1)}`,
    ...rows.slice(1).map(line),
    ...summaryLines(result).flatMap((text) => ['', text]),
  ].join('\n')
}
