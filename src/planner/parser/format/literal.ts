import type { IntervalLiteral } from '../ast/index.js'
import { formatStringLiteral } from './name.js'

/** `1E0`, `1.5E-3`: the shortest digits that tell the value, one before the point. */
export function formatDoubleLiteral(text: string): string {
  const value = Number(text.replaceAll('_', ''))
  // too large for a double: the text says more than the value
  if (!Number.isFinite(value)) return text
  if (Object.is(value, -0)) return '-0E0'
  return value.toExponential().toUpperCase().replace('E+', 'E')
}

export function formatIntervalLiteral(node: IntervalLiteral): string {
  const sign = node.sign === '-' ? '-' : ''
  const end = node.endField === undefined ? '' : ` TO ${node.endField}`
  return `INTERVAL ${sign}${formatStringLiteral(node.value)} ${node.startField}${end}`
}
