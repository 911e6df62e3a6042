import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  signInternalToken,
  verifyInternalToken,
} from '../../../src/exchange/internal-authentication.js'

const SECRET = 'a secret'
const IDENTITY = { nodeId: 'worker-1', nonce: 'once' }
const NOW = Date.parse('2026-01-02T03:04:05Z')
const MINUTE = 60_000

afterEach(() => void vi.useRealTimers())

/** What a node makes of the token of one whose clock is ahead of its own by so much. */
function verifiedAt(aheadMillis: number): unknown {
  vi.setSystemTime(NOW + aheadMillis)
  const token = signInternalToken(SECRET, IDENTITY)
  vi.setSystemTime(NOW)
  return verifyInternalToken(SECRET, token)
}

describe('clocks of nodes', () => {
  test.each([0, -1, 1])('may be %d minutes apart', (minutes) => {
    expect(verifiedAt(minutes * MINUTE)).toEqual(IDENTITY)
  })

  test.each([
    [-60, "Token of node worker-1 is too old, in seconds by this node's clock: 3600"],
    [60, "Token of node worker-1 is ahead of this node's clock, in seconds: 3600"],
  ])('may not be %d minutes apart, which the error says', (minutes, message) => {
    expect(() => verifiedAt(minutes * MINUTE)).toThrow(
      expect.objectContaining({
        code: 'PERMISSION_DENIED',
        message,
        hint: 'Set the clocks of all nodes alike',
      }),
    )
  })
})

test('a token of another secret, and what is none, are refused', () => {
  const token = signInternalToken('another', IDENTITY)
  expect(() => verifyInternalToken(SECRET, token)).toThrow('signed with another secret')
  for (const none of [undefined, '', 'a.b.c', `${signInternalToken(SECRET, IDENTITY)}.d`]) {
    expect(() => verifyInternalToken(SECRET, none)).toThrow('No token of a node')
  }
})
