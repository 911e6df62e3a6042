import { describe, expect, test } from 'vitest'
import { createAssignUniqueId } from '../../../src/operators/assign-unique-id.js'
import { createEnforceSingleRow } from '../../../src/operators/enforce-single-row.js'
import { BIGINT, VARCHAR } from '../../../src/spi/index.js'
import { queryMemory } from '../../support/operator-environment.js'
import { operatorTest, runOperator } from '../../support/operator-test.js'
import { page } from '../../support/page-literal.js'

describe('enforce single row', () => {
  const types = [BIGINT, VARCHAR]
  const make = (context: Parameters<typeof createEnforceSingleRow>[1]) =>
    createEnforceSingleRow({ kind: 'enforceSingleRow', planNodeId: '1', types }, context)

  operatorTest('passes one row', {
    input: page`bigint varchar | 7 x`,
    make,
    expect: page`bigint varchar | 7 x`,
  })
  operatorTest('gives nulls for no rows', {
    input: page`bigint varchar`,
    make,
    expect: page`bigint varchar | NULL NULL`,
  })
  operatorTest('refuses two rows', {
    input: page`bigint varchar | 7 x | 7 x`,
    make,
    expect: { error: 'SUBQUERY_MULTIPLE_ROWS' },
  })
})

describe('assign unique id', () => {
  const make = (context: Parameters<typeof createAssignUniqueId>[1]) =>
    createAssignUniqueId({ kind: 'assignUniqueId', planNodeId: '1' }, context)

  operatorTest('numbers rows', {
    input: page`varchar | a | a | NULL`,
    make,
    expect: page`varchar bigint | a 0 | a 1 | NULL 2`,
  })

  test('numbers of drivers differ', () => {
    const ids = new Set<unknown>()
    const input = page`varchar | a | a | NULL`
    for (let driverIndex = 0; driverIndex < 4; driverIndex++) {
      const environment = { driverIndex, driverCount: 4 }
      for (const row of runOperator(make, input, {
        memory: queryMemory(),
        environment,
        pageRows: 2,
      })) {
        ids.add(row[1])
      }
    }
    expect(ids.size).toBe(12)
  })
})
