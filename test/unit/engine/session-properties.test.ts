import { describe, expect, test } from 'vitest'
import { ACCEPTED_PROPERTIES } from '../../../src/engine/session/accepted-properties.js'
import { SYSTEM_PROPERTIES } from '../../../src/engine/session/session-properties.js'

describe('session properties', () => {
  test('come by name, each once, with a default of their own kind', () => {
    const names = SYSTEM_PROPERTIES.map(({ name }) => name)
    expect(names).toEqual([...new Set(names)].sort())
    for (const { name, defaultText, check } of SYSTEM_PROPERTIES) {
      if (defaultText !== '') expect(() => check(defaultText), name).not.toThrow()
    }
  })

  test.each([
    ['scale_writers', 'maybe', 'scale_writers must be true or false: maybe'],
    ['task_max_writer_count', '3', 'task_max_writer_count must be a power of 2: 3'],
    ['max_hash_partition_count', '0', 'max_hash_partition_count must be equal or greater than 1'],
    ['writer_scaling_min_data_processed', '5 apples', 'Unknown unit: apples'],
    [
      'mark_distinct_strategy',
      'SOME',
      'Invalid value [SOME]. Valid values: [NONE, ALWAYS, AUTOMATIC]',
    ],
    ['max_drivers_per_task', 'many', 'max_drivers_per_task must be a number: many'],
    ['exchange_compression_codec', 'FOO', 'Invalid value [FOO]. Valid values: [NONE, LZ4]'],
  ])('%s = %s is refused, whether or not it has an effect', (name, text, message) => {
    const { check } = SYSTEM_PROPERTIES.find((property) => property.name === name)!
    expect(() => check(text)).toThrow(message)
  })

  test('what has no effect says why', () => {
    for (const { description, withoutEffect } of ACCEPTED_PROPERTIES) {
      expect(description.startsWith(`Accepted without effect: ${withoutEffect}`)).toBe(true)
    }
  })
})
