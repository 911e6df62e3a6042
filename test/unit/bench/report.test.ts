import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const load = (file: string) => import(new URL(`../../../bench/${file}`, import.meta.url).href)
const { geometricMean, median, quantile, ratioInterval, seededRandom } =
  await load('report/statistics.mjs')
const { fillMarkers } = await load('report/markers.mjs')
const { sameRows } = await load('engine/answers.mjs')
const { plot } = await load('report/plot.mjs')
const { markdownTable, table } = await load('report/table.mjs')
const { summary } = await load('report/report.mjs')

const noisy = (middle: number, seed: number): number[] => {
  const random = seededRandom(seed)
  return Array.from({ length: 15 }, () => middle * (0.95 + random() * 0.1))
}

const RESULT = {
  title: 'T',
  suite: 'tpch',
  settings: {},
  environment: {
    cpu: 'c',
    cores: 2,
    node: 'v20',
    commit: 'abc',
    startedAt: '2026-01-02T03:04:05Z',
    loadAverage: 0.1,
  },
  subjects: [{ name: 'millrace', version: '1' }, { name: 'other' }],
  measures: [
    {
      name: 'Q1 <&>',
      group: '',
      unit: 'ms',
      better: 'lower',
      values: { millrace: { samples: [2, 2, 2] }, other: { samples: [8, 8, 8] } },
    },
    {
      name: 'Q2',
      group: '',
      unit: 'ms',
      better: 'lower',
      values: { millrace: { samples: [9] }, other: { samples: [1] } },
    },
    {
      name: 'rate',
      group: 'g',
      unit: 'MB/s',
      better: 'higher',
      values: { millrace: { samples: [100] }, other: { missing: 'cannot' } },
    },
  ],
}

describe('statistics', () => {
  it('gives medians, quantiles and geometric means', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(quantile([5, 1, 4, 2, 3], 0.75)).toBe(4)
    expect(geometricMean([2, 8])).toBeCloseTo(4)
  })

  it('tells a slower run from noise', () => {
    const same = ratioInterval(noisy(100, 1), noisy(100, 2), 0.99)
    expect(same.low).toBeLessThan(1)
    expect(same.high).toBeGreaterThan(1)
    const slower = ratioInterval(noisy(100, 1), noisy(120, 2), 0.99)
    expect(slower.low).toBeGreaterThan(1.1)
    expect(slower.high).toBeLessThan(1.3)
  })
})

describe('reports', () => {
  it('puts ratios where both have a figure', () => {
    const [line] = markdownTable(RESULT)
      .split('\n')
      .filter((text: string) => text.includes('Q1'))
    expect(line).toBe('| Q1 <&> | 2.00 ms ±0% | 8.00 ms ±0% | 0.25 |')
    expect(table(RESULT)).toMatch(/rate +100\.0 MB\/s +cannot$|rate +100 MB\/s +cannot$/m)
  })

  it('sums up what both have', () => {
    const [sum] = summary(RESULT)
    expect(sum).toMatchObject({ subject: 'other', count: 2, aboveOne: 1 })
    expect(sum.ratio).toBeCloseTo(1.5)
    expect(sum.worst.name).toBe('Q2')
  })

  it('draws a bar a figure', () => {
    const svg: string = plot(RESULT)
    expect(svg).toContain('Q1 &lt;&amp;&gt;')
    // A background, two for the legend, five bars.
    expect(svg.match(/<rect /g)).toHaveLength(8)
  })

  it('fills markers', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-markers-'))
    const file = join(folder, 'page.md')
    try {
      writeFileSync(file, 'a\n<!-- bench:x:begin -->\nold\n<!-- bench:x:end -->\nb\n')
      expect(fillMarkers(file, 'x', 'new')).toBe(true)
      expect(fillMarkers(file, 'y', 'new')).toBe(false)
      expect(readFileSync(file, 'utf8')).toBe(
        'a\n<!-- bench:x:begin -->\nnew\n<!-- bench:x:end -->\nb\n',
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('answers', () => {
  it('compares rows whatever their order and the scale of decimals', () => {
    const left = [
      ['a', '1.50'],
      ['b', null],
    ]
    const right = [
      ['b', null],
      ['a', '1.5'],
    ]
    expect(sameRows(left, right)).toBe(true)
    expect(sameRows(left, [...right.slice(0, 1), ['a', '1.7']])).toBe(false)
    expect(sameRows(left, right.slice(1))).toBe(false)
  })
})
