/** Two decimals below 10, one below 100, none above; none that are zero. */
function threeDigits(value: number): string {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0
  return String(Number(value.toFixed(digits)))
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let unit = 0
  let rest = value
  while (rest >= base && unit + 1 < units.length) {
    rest /= base
    unit++
  }
  return `${threeDigits(rest)}${units[unit]}`
}

/** `6M`, `1.64K`. */
export const countText = (count: number): string =>
  scaled(count, 1000, ['', 'K', 'M', 'B', 'T', 'Q'])

/** `41.1MB`, units of 1,024. */
export const bytesText = (bytes: number): string =>
  scaled(bytes, 1024, ['B', 'KB', 'MB', 'GB', 'TB', 'PB'])

const perSecond = (amount: number, millis: number): number =>
  millis <= 0 ? 0 : (amount * 1000) / millis

export const countRate = (count: number, millis: number): string =>
  `${countText(perSecond(count, millis))} rows/s`

export const bytesRate = (bytes: number, millis: number): string =>
  `${bytesText(perSecond(bytes, millis))}/s`

/** `0:07`, `12:30`. */
export function clockText(millis: number): string {
  const seconds = Math.round(millis / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** `0.32`, from a minute on `1:05`. */
export const durationText = (millis: number): string =>
  millis >= 60_000 ? clockText(millis) : (millis / 1000).toFixed(2)

export const grouped = (count: number): string => count.toLocaleString('en-US')

export const plural = (count: number, word: string): string =>
  `${grouped(count)} ${word}${count === 1 ? '' : 's'}`
