const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** `1.50kB`: bytes in the largest unit that leaves at least 1. @source Trino DataSize.toString, succinctBytes */
export function bytesText(bytes: number): string {
  if (!Number.isFinite(bytes)) return '?'
  let unit = 0
  let amount = bytes
  while (amount >= 1024 && unit < BYTE_UNITS.length - 1) {
    amount /= 1024
    unit++
  }
  return `${unit === 0 ? Math.round(amount) : amount.toFixed(2)}${BYTE_UNITS[unit]}`
}

const COUNT_UNITS = ['', 'K', 'M', 'B', 'T', 'Q']

/** `59.79K`: a number in the largest unit that leaves at least 1. @source Trino TextRenderer.formatAsCpuCost */
export function countText(count: number): string {
  if (!Number.isFinite(count)) return '?'
  let unit = 0
  let amount = count
  while (amount >= 1000 && unit < COUNT_UNITS.length - 1) {
    amount /= 1000
    unit++
  }
  return `${unit === 0 ? Math.round(amount) : amount.toFixed(2)}${COUNT_UNITS[unit]}`
}
