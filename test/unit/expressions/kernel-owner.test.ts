import { expect, test } from 'vitest'
import { ownedName, setKernelOwner } from '../../../src/expressions/kernel-owner.js'

test('a kernel is named after the operator and plan node that needed it first, in letters of a URL', () => {
  expect(ownedName('row $add(#0:bigint) [i8f]')).toBe('row-add-0-bigint-i8f')
  setKernelOwner({ name: 'filterProject', planNodeId: '1.12' })
  expect(ownedName('vector and i8')).toBe('filterProject-1.12-vector-and-i8')
  expect(ownedName('x'.repeat(200))).toHaveLength(120)
})
