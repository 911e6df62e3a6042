import { expect, test } from 'vitest'
import type { LocalPlan } from '../../../../src/dataflow/pipeline.js'
import { planId, ShippedPlans } from '../../../../src/dataflow/threads/shipped-plans.js'

test('a plan has one number, and another plan another', () => {
  const [first, second]: LocalPlan[] = [1, 2].map(() => ({ pipelines: [], outputTypes: [] }))
  expect(planId(first!)).toBe(planId(first!))
  expect(planId(first!)).not.toBe(planId(second!))
})

test('a thread is sent a plan once, and forgets the one that it used longest ago', () => {
  const plans = new ShippedPlans()
  for (let id = 0; id < 64; id++) expect(plans.use(id)).toEqual({ isNew: true })
  expect(plans.use(0)).toEqual({ isNew: false })
  expect(plans.use(64)).toEqual({ isNew: true, forgotten: 1 })
  expect(plans.use(0)).toEqual({ isNew: false })
  expect(plans.use(1)).toEqual({ isNew: true, forgotten: 2 })
})
