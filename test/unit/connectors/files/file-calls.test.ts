import { openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CallPace, closeDescriptor, readAt } from '../../../../src/connectors/files/file-calls.js'
import { openFile } from '../../../../src/connectors/files/file-reader.js'
import { fileAt } from '../../../../src/connectors/files/file-tree.js'
import { type FilesFolder, filesFolder } from './folder.js'

let folder: FilesFolder
beforeAll(async () => {
  folder = await filesFolder()
})
afterAll(() => folder[Symbol.asyncDispose]())

const passOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** How many of the next calls are direct, if each takes so long and the event loop has a pass after each. */
async function directCalls(pace: CallPace, count: number, millis: number): Promise<number> {
  let direct = 0
  for (let i = 0; i < count; i++) {
    if (pace.isDirect()) {
      direct++
      pace.note(millis)
    }
    await passOfLoop()
  }
  return direct
}

test('calls stay in the thread while they are quick', async () => {
  expect(await directCalls(new CallPace(), 100, 0.5)).toBe(100)
})

test('after two slow calls the next 64 go to the pool, then it is tried again', async () => {
  const pace = new CallPace()
  expect(await directCalls(pace, 2, 5)).toBe(2)
  expect(await directCalls(pace, 64, 5)).toBe(0)
  expect(await directCalls(pace, 67, 5)).toBe(3)
})

test('one slow call among quick ones changes nothing', async () => {
  const pace = new CallPace()
  for (let i = 0; i < 20; i++) expect(await directCalls(pace, 1, i % 2 === 0 ? 5 : 0.1)).toBe(1)
})

test('what direct calls take of a pass of the event loop is bounded', async () => {
  const pace = new CallPace()
  let direct = 0
  while (pace.isDirect()) {
    direct++
    pace.note(0.5)
  }
  expect(direct).toBe(4)
  await passOfLoop()
  expect(pace.isDirect()).toBe(true)
})

test('reads of several slices give all bytes', async () => {
  const content = Buffer.alloc(3 << 20, 'some text of a length that divides nothing')
  writeFileSync(join(folder.root, 'large.bin'), content)
  const file = (await fileAt(folder.root, join(folder.root, 'large.bin')))!
  const reader = await openFile(file, new AbortController().signal)
  const bytes = await reader.read(7, content.length - 7)
  expect(Buffer.compare(bytes, content.subarray(7))).toBe(0)
  expect(reader.completedBytes).toBe(content.length - 7)
  await reader.close()
})

test('a file is closed once, after the reads under way', async () => {
  writeFileSync(join(folder.root, 'closed.bin'), Buffer.alloc(100_000, 7))
  const file = (await fileAt(folder.root, join(folder.root, 'closed.bin')))!
  const reader = await openFile(file, new AbortController().signal)
  const reads = [0, 1, 2, 3].map((i) => reader.read(i, 90_000))
  const closings = [reader.close(), reader.close()]
  for (const bytes of await Promise.all(reads)) expect(bytes.every((byte) => byte === 7)).toBe(true)
  await Promise.all(closings)
  await expect(reader.read(0, 1)).rejects.toThrow('an open file is read')
})

test('a descriptor that is closed by another is an error', async () => {
  const descriptor = openSync(join(folder.root, 'large.bin'), 'r')
  await closeDescriptor(descriptor)
  await expect(readAt(descriptor, new Uint8Array(1), 0)).rejects.toThrow('EBADF')
})

test('a file that is not there is none', async () => {
  expect(await fileAt(folder.root, join(folder.root, 'missing.bin'))).toBeUndefined()
})
