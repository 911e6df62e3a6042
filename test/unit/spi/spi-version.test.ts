import { describe, expect, it, test } from 'vitest'
import { Millrace } from '../../../src/index.js'
import { defineConnector, SPI_VERSION } from '../../../src/spi/index.js'
import { checkSpiVersion } from '../../../src/spi/spi-version.js'

describe('the version that a plugin was written for', () => {
  test.each(['2.3.4', '2.3', '2', '2.3.0', '2.0.9'])('%s runs on 2.3.4', (wanted) => {
    expect(() => checkSpiVersion(wanted, 'p', '2.3.4')).not.toThrow()
  })
  test.each([
    ['1.9.9', 'a release of the plugin for version 2'],
    ['3', 'a newer Millrace'],
    ['2.4', 'a newer Millrace'],
    ['2.3.5', 'a newer Millrace'],
  ])('%s does not run on 2.3.4', (wanted, hint) => {
    expect(() => checkSpiVersion(wanted, 'p', '2.3.4')).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        message: `Plugin p was written for another version of the SPI than 2.3.4: ${wanted}`,
        hint: expect.stringContaining(hint),
      }),
    )
  })
  test.each(['', 'v1', '^1.0.0', '1.0.0.0', '1.x'])('%j is no version', (wanted) => {
    expect(() => checkSpiVersion(wanted, 'p')).toThrow('spiVersion of plugin p must be such as')
  })
  it('is checked when a plugin loads', async () => {
    const plugin = (spiVersion: string) =>
      defineConnector({
        name: 'versioned',
        spiVersion,
        tables: { t: { columns: { n: 'bigint' } } },
        rows: () => [{ n: 1 }],
      })
    const catalogs = { v: { 'connector.name': 'versioned' } }
    await expect(
      Millrace.create({ threads: 0, plugins: [plugin('999.0')], catalogs }),
    ).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: `Plugin versioned was written for another version of the SPI than ${SPI_VERSION}: 999.0`,
    })
    const engine = await Millrace.create({ threads: 0, plugins: [plugin(SPI_VERSION)], catalogs })
    expect(await engine.query('SELECT n FROM v.default.t').all()).toEqual([{ n: 1n }])
    await engine.close()
  })
})
