import { isIPv4, isIPv6 } from 'node:net'

/** The 16 bytes of an address, IPv4 as mapped (::ffff:a.b.c.d); undefined where the text is none. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16)
  if (isIPv4(text)) {
    bytes[10] = 255
    bytes[11] = 255
    bytes.set(text.split('.').map(Number), 12)
    return bytes
  }
  if (!isIPv6(text) || text.includes('%')) return undefined
  let groups = text
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  if (dotted !== null) {
    const [, a, b, c, d] = dotted.map(Number) as [number, number, number, number, number]
    const tail = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
    groups = text.slice(0, dotted.index) + tail
  }
  const [head = '', tail] = groups.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = Array.from({ length: 8 - left.length - right.length }, () => '0')
  const all = tail === undefined ? left : [...left, ...middle, ...right]
  all.forEach((group, i) => {
    const number = Number.parseInt(group, 16)
    bytes[2 * i] = number >> 8
    bytes[2 * i + 1] = number & 255
  })
  return bytes
}

export function parseUuid(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text))
    return undefined
  return new Uint8Array(Buffer.from(text.replaceAll('-', ''), 'hex'))
}
