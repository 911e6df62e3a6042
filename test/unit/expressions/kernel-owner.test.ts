import { expect, test } from 'vitest'
import { ownedName, setKernelOwner } from '../../../src/expressions/kernel-owner.js'

test('a kernel is named after the operator and plan node that needed it first, in letters of a URL', () => {
  expect(ownedName('row $add(#0:bigint) [i8f]', 120)).toBe('row-add-0-bigint-i8f')
  setKernelOwner({ name: 'filterProject', planNodeId: '1.12' })
  expect(ownedName('vector and i8', 120)).toBe('filterProject-1.12-vector-and-i8')
  expect(ownedName('x'.repeat(200), 30)).toHaveLength(30)
})
