import { expect, test } from 'vitest'
import {
  BadRequestError,
  headersOfChanges,
  sessionFromHeaders,
} from '../../../src/server/protocol/headers.js'

test('a session of all headers', () => {
  const session = sessionFromHeaders({
    'x-trino-user': 'Bob%20B',
    'x-trino-catalog': 'TPCH',
    'x-trino-schema': 'Tiny',
    'x-trino-path': 'memory.default, "S"',
    'x-trino-time-zone': 'America/New_York',
    'x-trino-language': 'de-DE',
    'x-trino-source': 'cli',
    'x-trino-client-capabilities': 'PATH,parametric_datetime',
    'x-trino-session': ['a=1,b=x%2Cy', 'cat.c=d%3De'],
    'x-trino-prepared-statement': 'p%201=SELECT+1+%2B+%3F',
    'x-trino-transaction-id': 'id-1',
  })
  expect(session).toEqual({
    user: 'Bob B',
    catalog: 'tpch',
    schema: 'tiny',
    path: [{ catalog: 'memory', schema: 'default' }, { schema: 's' }],
    pathText: 'memory.default, "S"',
    timeZone: 'America/New_York',
    locale: 'de-DE',
    source: 'cli',
    clientCapabilities: new Set(['PATH', 'PARAMETRIC_DATETIME']),
    properties: new Map([
      ['a', '1'],
      ['b', 'x,y'],
    ]),
    catalogProperties: new Map([['cat', new Map([['c', 'd=e']])]]),
    preparedStatements: new Map([['p 1', 'SELECT 1 + ?']]),
    transactionId: 'id-1',
    supportsTransactions: true,
  })
})

test('the property time_zone_id comes before the header', () => {
  const session = sessionFromHeaders({
    'x-trino-user': 'u',
    'x-trino-time-zone': 'UTC',
    'x-trino-session': 'time_zone_id=Asia%2FTokyo',
  })
  expect(session.timeZone).toBe('Asia/Tokyo')
})

test('what is missing or malformed is refused', () => {
  const user = { 'x-trino-user': 'u' }
  expect(() => sessionFromHeaders({})).toThrow(BadRequestError)
  expect(() => sessionFromHeaders({ ...user, 'x-trino-schema': 's' })).toThrow(BadRequestError)
  expect(() => sessionFromHeaders({ ...user, 'x-trino-session': '=1' })).toThrow(BadRequestError)
  expect(() => sessionFromHeaders({ ...user, 'x-trino-path': 'a.b.c' })).toThrow(BadRequestError)
  expect(() => sessionFromHeaders({ ...user, 'x-trino-time-zone': 'Nope' })).toThrow(
    'Time zone not supported',
  )
})

test('changes become headers that come back as they were', () => {
  const text = 'SELECT \'a b\', "x,y" = ? -- 100% + ~!*()'
  const headers = headersOfChanges({
    catalog: 'c',
    schema: 's',
    setProperties: { 'cat.p': 'a=b, c' },
    resetProperties: ['q'],
    addedPrepare: { 'P x': text },
    deallocatedPrepare: ['old one'],
    clearTransactionId: true,
  })
  expect(headers).toMatchObject({
    'X-Trino-Set-Catalog': 'c',
    'X-Trino-Set-Schema': 's',
    'X-Trino-Set-Session': ['cat.p=a%3Db%2C+c'],
    'X-Trino-Clear-Session': ['q'],
    'X-Trino-Deallocated-Prepare': ['old+one'],
    'X-Trino-Clear-Transaction-Id': 'true',
  })
  const session = sessionFromHeaders({
    'x-trino-user': 'u',
    'x-trino-prepared-statement': headers['X-Trino-Added-Prepare'] as string[],
  })
  expect(session.preparedStatements).toEqual(new Map([['P x', text]]))
})
