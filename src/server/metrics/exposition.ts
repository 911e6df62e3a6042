/** Formats of `/metrics`. @source OpenMetrics 1.0; Prometheus text format 0.0.4 */
export const OPENMETRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export interface Sample {
  /** After the name of the family: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string
  readonly labels?: Readonly<Record<string, string | number>>
  readonly value: number
}

export interface MetricFamily {
  /** Without the `_total` of counters; units last. */
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly samples: readonly Sample[]
}

/** Families as text; a counter's family has its `_total` in the name where the older format wants it. */
export function exposition(families: readonly MetricFamily[], isOpenMetrics: boolean): string {
  let text = ''
  for (const { name, type, help, samples } of families) {
    const family = type === 'counter' && !isOpenMetrics ? `${name}_total` : name
    text += `# HELP ${family} ${help}\n# TYPE ${family} ${type}\n`
    for (const sample of samples) {
      const suffix = sample.suffix ?? (type === 'counter' ? '_total' : '')
      text += `${name}${suffix}${labelText(sample.labels)} ${numberText(sample.value)}\n`
    }
  }
  return isOpenMetrics ? `${text}# EOF\n` : text
}

function labelText(labels: Sample['labels']): string {
  if (labels === undefined) return ''
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

const numberText = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
