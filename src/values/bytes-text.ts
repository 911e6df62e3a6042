const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** `12151fd2-7586-11e9-8f9e-2a86e4085a59` of the 16 bytes at `offset`. */
export function uuidText(bytes: Uint8Array, offset = 0): string {
  let text = ''
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-'
    text += HEX[bytes[offset + i]!]
  }
  return text
}

/**
 * The text of an IPADDRESS: dotted for IPv4-mapped addresses, otherwise RFC 5952 (the longest run of two or more
 * zero groups, the first of equals, written as `::`).
 */
export function ipAddressText(bytes: Uint8Array, offset = 0): string {
  let mapped = true
  for (let i = 0; i < 10 && mapped; i++) mapped = bytes[offset + i] === 0
  if (mapped && bytes[offset + 10] === 0xff && bytes[offset + 11] === 0xff) {
    return bytes.subarray(offset + 12, offset + 16).join('.')
  }
  const groups = Array.from(
    { length: 8 },
    (_, i) => (bytes[offset + 2 * i]! << 8) | bytes[offset + 2 * i + 1]!,
  )
  let runStart = -1
  let runLength = 1
  for (let start = 0; start < 8; start++) {
    let end = start
    while (end < 8 && groups[end] === 0) end++
    if (end - start > runLength) {
      runStart = start
      runLength = end - start
    }
  }
  const hex = groups.map((group) => group.toString(16))
  if (runStart < 0) return hex.join(':')
  return `${hex.slice(0, runStart).join(':')}::${hex.slice(runStart + runLength).join(':')}`
}
