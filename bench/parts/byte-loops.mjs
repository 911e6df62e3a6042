const decoder = new TextDecoder()

/** Texts as a column has them: UTF-8 bytes, and where each starts. */
export function textsOf(values) {
  const bytes = new TextEncoder().encode(values.join(''))
  const offsets = new Int32Array(values.length + 1)
  values.forEach((value, i) => {
    offsets[i + 1] = offsets[i] + Buffer.byteLength(value)
  })
  return { bytes, offsets, at: (i) => decoder.decode(bytes.subarray(offsets[i], offsets[i + 1])) }
}

/** Loops by hand over a column of ASCII texts; each gives something with `at(i)`. */
export function byteLoops({ bytes, offsets }) {
  const count = offsets.length - 1
  const length = bytes.length
  const out = { bytes: new Uint8Array(length * 2 + 16 * count), offsets: new Int32Array(count + 1) }
  const written = {
    at: (i) => decoder.decode(out.bytes.subarray(out.offsets[i], out.offsets[i + 1])),
  }
  const numbers = new Float64Array(count)
  const flags = new Uint8Array(count)
  const isTrue = { at: (i) => flags[i] === 1 }
  const textAt = (i) => decoder.decode(bytes.subarray(offsets[i], offsets[i + 1]))
  const textResult = (write) => () => {
    let next = 0
    for (let i = 0; i < count; i++) {
      out.offsets[i] = next
      next = write(i, next)
    }
    out.offsets[count] = next
    return written
  }
  const booleans = (of) => () => {
    for (let i = 0; i < count; i++) flags[i] = of(i) ? 1 : 0
    return isTrue
  }
  const encoder = new TextEncoder()
  const writeText = (text, next) =>
    next + encoder.encodeInto(text, out.bytes.subarray(next)).written
  return {
    booleans,
    matches: (pattern) => booleans((i) => pattern.test(textAt(i))),
    length: () => {
      for (let i = 0; i < count; i++) {
        let points = 0
        for (let b = offsets[i]; b < offsets[i + 1]; b++) if ((bytes[b] & 0xc0) !== 0x80) points++
        numbers[i] = points
      }
      return numbers
    },
    upper: () => {
      for (let b = 0; b < length; b++) {
        const code = bytes[b]
        out.bytes[b] = code >= 97 && code <= 122 ? code - 32 : code
      }
      out.offsets.set(offsets)
      return written
    },
    substring: (from, size) =>
      textResult((i, next) => {
        const end = Math.min(offsets[i] + from + size, offsets[i + 1])
        for (let b = offsets[i] + from; b < end; b++) out.bytes[next++] = bytes[b]
        return next
      }),
    twice: textResult((i, next) => {
      for (let time = 0; time < 2; time++) {
        for (let b = offsets[i]; b < offsets[i + 1]; b++) out.bytes[next++] = bytes[b]
      }
      return next
    }),
    reverse: textResult((i, next) => {
      for (let b = offsets[i + 1] - 1; b >= offsets[i]; b--) out.bytes[next++] = bytes[b]
      return next
    }),
    position: (text) => {
      const wanted = encoder.encode(text)
      return () => {
        for (let i = 0; i < count; i++)
          numbers[i] = positionOf(bytes, offsets[i], offsets[i + 1], wanted)
        return numbers
      }
    },
    numberTexts: (values) => textResult((i, next) => writeText(String(values[i]), next)),
    parsed: (of) => textResult((i, next) => writeText(of(JSON.parse(textAt(i))), next)),
  }
}

/** From 1; 0 where there is none. */
function positionOf(bytes, from, to, wanted) {
  for (let at = from; at <= to - wanted.length; at++) {
    let k = 0
    while (k < wanted.length && bytes[at + k] === wanted[k]) k++
    if (k === wanted.length) return at - from + 1
  }
  return 0
}
