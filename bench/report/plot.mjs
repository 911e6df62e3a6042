import { median, quantile } from './statistics.mjs'
import { amount } from './table.mjs'

const COLOURS = ['#1f6f8b', '#e08d3c', '#7a9e4a', '#b04a5a', '#7d6aa8', '#8a8a8a', '#4aa89b']
const LABEL_WIDTH = 250
const PLOT_WIDTH = 560
const VALUE_WIDTH = 110
const BAR_HEIGHT = 11
const GAP = 7

const escaped = (text) =>
  String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const text = (x, y, content, attributes = '') =>
  `<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`

/**
 * Bars of a result as SVG: a row a measure, a bar a subject, a line from the first to the third quartile. Scales are
 * logarithmic (queries differ a hundredfold), one for each group of measures with one unit.
 */
export function plot(result) {
  const { subjects, measures } = result
  const colours = new Map(subjects.map(({ name }, i) => [name, COLOURS[i % COLOURS.length]]))
  const parts = [text(12, 24, result.title, 'class="title"')]
  let x = 12
  for (const { name, version } of subjects) {
    const label = version === undefined ? name : `${name} ${version}`
    parts.push(`<rect x="${x}" y="36" width="11" height="11" fill="${colours.get(name)}"/>`)
    parts.push(text(x + 16, 46, label))
    x += 30 + label.length * 7
  }
  let y = 66
  for (const panel of panelsOf(measures)) y = drawPanel(parts, panel, colours, y)
  const width = Math.max(LABEL_WIDTH + PLOT_WIDTH + VALUE_WIDTH, x)
  const { cpu, cores, node, commit, startedAt } = result.environment
  parts.push(
    text(
      12,
      y + 8,
      `${cores} × ${cpu}, Node ${node}, ${commit}, ${startedAt.slice(0, 10)}`,
      'class="note"',
    ),
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + 20}" viewBox="0 0 ${width} ${y + 20}">`,
    '<style>text{font:12px system-ui,sans-serif;fill:#222}.title{font-size:15px;font-weight:600}.group{font-weight:600}.note{font-size:10px;fill:#666}.value{font-size:10px}</style>',
    `<rect width="${width}" height="${y + 20}" fill="#fff"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}

function panelsOf(measures) {
  const panels = new Map()
  for (const measure of measures) {
    const key = `${measure.group}\n${measure.unit}`
    const panel = panels.get(key)
    if (panel === undefined) panels.set(key, [measure])
    else panel.push(measure)
  }
  return panels.values()
}

function drawPanel(parts, measures, colours, top) {
  const { group, unit, better } = measures[0]
  const samples = measures.flatMap((m) => Object.values(m.values).flatMap((v) => v.samples ?? []))
  const positive = samples.filter((value) => value > 0)
  if (positive.length === 0) return top
  const low = 10 ** Math.floor(Math.log10(Math.min(...positive)) - 0.01)
  const high = Math.max(...positive) * 1.1
  const scale = (value) =>
    (Math.max(0, Math.log(Math.max(value, low) / low)) / Math.log(high / low)) * PLOT_WIDTH
  let y = top + 14
  parts.push(
    text(12, y, `${group === '' ? '' : `${group}, `}${unit}, ${better} is better`, 'class="group"'),
  )
  y += 10
  const bottom =
    y + measures.reduce((sum, m) => sum + barsOf(m, colours).length * BAR_HEIGHT + GAP, 0)
  for (let tick = low; tick < high; tick *= 10) {
    const x = LABEL_WIDTH + scale(tick)
    parts.push(`<line x1="${x}" x2="${x}" y1="${y}" y2="${bottom}" stroke="#ddd"/>`)
    parts.push(
      text(
        x,
        bottom + 10,
        String(Number(tick.toPrecision(3))),
        'class="note" text-anchor="middle"',
      ),
    )
  }
  for (const measure of measures) {
    const bars = barsOf(measure, colours)
    parts.push(
      text(
        LABEL_WIDTH - 8,
        y + (bars.length * BAR_HEIGHT) / 2 + 4,
        measure.name,
        'text-anchor="end"',
      ),
    )
    for (const { colour, samples: of } of bars) {
      const length = scale(median(of))
      const [from, to] = [0.25, 0.75].map((part) => LABEL_WIDTH + scale(quantile(of, part)))
      const middle = y + BAR_HEIGHT / 2
      parts.push(
        `<rect x="${LABEL_WIDTH}" y="${y}" width="${length.toFixed(1)}" height="${BAR_HEIGHT - 1}" fill="${colour}"/>`,
      )
      parts.push(
        `<line x1="${from.toFixed(1)}" x2="${to.toFixed(1)}" y1="${middle}" y2="${middle}" stroke="#222"/>`,
      )
      parts.push(
        text(
          (Math.max(LABEL_WIDTH + length, to) + 5).toFixed(1),
          y + 9,
          amount(median(of), unit),
          'class="value"',
        ),
      )
      y += BAR_HEIGHT
    }
    y += GAP
  }
  return bottom + 20
}

const barsOf = (measure, colours) =>
  [...colours].flatMap(([name, colour]) => {
    const samples = measure.values[name]?.samples
    return samples === undefined ? [] : [{ colour, samples }]
  })
