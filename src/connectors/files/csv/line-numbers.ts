import type { DataFile } from '../format.js'
import { isDirect, openText, type TextCoding } from '../text/text-input.js'

/**
 * The line, counted from 1, of an offset in a file's text: what follows is read once more, since only an error asks for
 * it. Offsets are in the bytes of UTF-8, and of the file itself where it is read directly.
 */
export async function lineAt(
  file: DataFile,
  coding: TextCoding,
  offset: number,
  signal: AbortSignal,
): Promise<number> {
  const end = isDirect(coding) ? Math.min(offset, file.size) : file.size
  const input = await openText(file, coding, { start: 0, end }, signal)
  const chunk = new Uint8Array(256 * 1024)
  let position = 0
  let lines = 0
  let returns = 0
  try {
    while (position < offset) {
      const count = await input.fill(chunk, 0)
      if (count === 0) break
      const length = Math.min(count, offset - position)
      for (let i = 0; i < length; i++) {
        if (chunk[i] === 0x0a) lines++
        else if (chunk[i] === 0x0d) returns++
      }
      position += count
    }
  } catch {
    // The text ends in what can't be read: the lines before are counted all the same.
  } finally {
    await input.close()
  }
  // Without a line feed, lines end with returns.
  return 1 + (lines === 0 ? returns : lines)
}
