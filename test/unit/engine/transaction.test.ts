import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CatalogManager } from '../../../src/engine/catalog/catalog-manager.js'
import { AUTO_COMMIT, TransactionManager } from '../../../src/engine/session/transaction.js'

const IDLE_MILLIS = 1000

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const begin = () => {
  const manager = new TransactionManager(new CatalogManager(), IDLE_MILLIS)
  return { manager, transaction: manager.begin({ ...AUTO_COMMIT, autoCommit: false }) }
}

test('a transaction that no statement uses is rolled back', () => {
  const { manager, transaction } = begin()
  vi.advanceTimersByTime(IDLE_MILLIS - 1)
  expect(manager.get(transaction.id)).toBe(transaction)
  vi.advanceTimersByTime(IDLE_MILLIS - 1)
  expect(manager.list().length).toBe(1)
  vi.advanceTimersByTime(1)
  expect(() => manager.get(transaction.id)).toThrow(/Unknown transaction ID/)
})

test('a transaction is not idle while a statement runs in it', () => {
  const { manager, transaction } = begin()
  transaction.use()
  vi.advanceTimersByTime(10 * IDLE_MILLIS)
  expect(manager.list()).toMatchObject([{ transactionId: transaction.id, idleTimeSeconds: 0 }])
  transaction.letGo()
  vi.advanceTimersByTime(IDLE_MILLIS - 1)
  expect(manager.list().length).toBe(1)
  vi.advanceTimersByTime(IDLE_MILLIS)
  expect(manager.list()).toEqual([])
})

test('the transaction of a single statement is listed until it ends', async () => {
  const manager = new TransactionManager(new CatalogManager(), IDLE_MILLIS)
  const transactions = [manager.begin(AUTO_COMMIT), manager.begin(AUTO_COMMIT)]
  expect(manager.list()).toMatchObject(
    transactions.map(({ id }) => ({ transactionId: id, autoCommitContext: true })),
  )
  await transactions[0]!.commit()
  expect(manager.list()).toMatchObject([{ transactionId: transactions[1]!.id }])
  await transactions[1]!.rollback()
  expect(manager.list()).toEqual([])
})
