/**
 * A string that is the same for two plain values exactly when they are equal by value: key order and absent
 * against undefined members make no difference. What handles are compared and looked up by. O(size).
 */
export function plainKey(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'bigint':
      return `${value}n`
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'object':
      break
    default:
      throw new TypeError(`not a plain value: ${typeof value}`)
  }
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${value.map(plainKey).join(',')}]`
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    return `${value.constructor.name}(${Buffer.from(bytes).toString('base64')})`
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${plainKey(member)}`).join(',')}}`
}

export const plainEquals = (left: unknown, right: unknown): boolean =>
  left === right || plainKey(left) === plainKey(right)
