import { describe, expect, it } from 'vitest'
import {
  booleanConfig,
  choiceConfig,
  choiceProperty,
  dataSizeConfig,
  dataSizeProperty,
  durationConfig,
  durationProperty,
  integerConfig,
  integerProperty,
  listConfig,
  MillraceError,
  nearestName,
  parseConfig,
  parseDataSize,
  parseDuration,
  printableConfig,
  printDataSize,
  printDuration,
  stringConfig,
} from '../../../../src/spi/index.js'

const SCHEMA = {
  'example.url': stringConfig({ description: 'Where', required: true }),
  'example.secret': stringConfig({ description: 'Key', secret: true }),
  'example.pin': integerConfig({ description: 'Secret number', secret: true, min: '1000' }),
  'example.timeout': durationConfig({
    description: 'Wait',
    default: '10s',
    min: '1ms',
    max: '10m',
  }),
  'example.cache-size': dataSizeConfig({
    description: 'Cache',
    default: '64MB',
    aliases: ['example.cache'],
  }),
  'example.retries': integerConfig({ description: 'Retries' }),
  'example.compress': booleanConfig({ description: 'Compress', default: 'false' }),
  'example.mode': choiceConfig(['FAST', 'SAFE'], { description: 'Mode', default: 'SAFE' }),
  'example.hosts': listConfig({ description: 'Hosts' }),
}
const URL = { 'example.url': 'http://x' }

function failure(properties: Record<string, string>, env = {}): MillraceError {
  try {
    parseConfig(SCHEMA, properties, env)
  } catch (error) {
    expect(error).toBeInstanceOf(MillraceError)
    return error as MillraceError
  }
  throw new Error('accepted')
}

describe('parseConfig', () => {
  it('converts values and fills defaults in', () => {
    const config = parseConfig(SCHEMA, {
      ...URL,
      'example.cache': '1.5GB',
      'example.mode': 'fast',
      'example.hosts': 'a, b,,c ',
      'example.compress': 'TRUE',
    })
    expect(config).toEqual({
      'example.url': 'http://x',
      'example.secret': undefined,
      'example.pin': undefined,
      'example.timeout': 10_000,
      'example.cache-size': 1.5 * 2 ** 30,
      'example.retries': undefined,
      'example.compress': true,
      'example.mode': 'FAST',
      'example.hosts': ['a', 'b', 'c'],
    })
    const timeout: number = config['example.timeout']
    expect(timeout).toBe(10_000)
  })

  it('names the near property for an unknown one', () => {
    const error = failure({ ...URL, 'example.timeuot': '1s' })
    expect(error.code).toBe('CONFIGURATION_INVALID')
    expect(error.message).toBe(
      "Configuration property is not known, did you mean 'example.timeout': example.timeuot",
    )
    expect(failure({ ...URL, zzz: '1' }).message).toBe('Configuration property is not known: zzz')
  })

  it.each([
    [{}, 'Configuration property is required: example.url'],
    [
      { ...URL, 'example.timeout': '0ms' },
      "Configuration property 'example.timeout' must be at least 1ms: 0ms",
    ],
    [
      { ...URL, 'example.timeout': '11m' },
      "Configuration property 'example.timeout' must be at most 10m: 11m",
    ],
    [
      { ...URL, 'example.timeout': '10' },
      "Configuration property 'example.timeout' must be a duration such as 10s or 5m: 10",
    ],
    [
      { ...URL, 'example.retries': '1.5' },
      "Configuration property 'example.retries' must be an integer: 1.5",
    ],
    [
      { ...URL, 'example.compress': 'yes' },
      "Configuration property 'example.compress' must be true or false: yes",
    ],
    [
      { ...URL, 'example.mode': 'x' },
      "Configuration property 'example.mode' must be one of FAST, SAFE: x",
    ],
    [
      { ...URL, 'example.cache': '1GB', 'example.cache-size': '1GB' },
      'Configuration property is set twice: example.cache-size',
    ],
  ])('refuses %j', (properties, message) => {
    expect(failure(properties).message).toBe(message)
  })

  it('reads environment variables', () => {
    const properties = { 'example.url': 'http://${ENV:HOST}:${ENV:PORT}/' }
    const config = parseConfig(SCHEMA, properties, { HOST: 'db', PORT: '80' })
    expect(config['example.url']).toBe('http://db:80/')
    expect(failure(properties, { HOST: 'db' }).message).toContain('environment variable PORT')
  })

  it('never shows secrets', () => {
    const error = failure({ ...URL, 'example.pin': '12', 'example.typo': 'x' })
    expect(`${error.message} ${error.detail}`).not.toContain('12')
    const shown = printableConfig(SCHEMA, { ...URL, 'example.secret': 'abc', other: 'def' })
    expect(shown).toEqual({ ...URL, 'example.secret': '[REDACTED]', other: '[REDACTED]' })
  })

  it('tells all problems', () => {
    const error = failure({ 'example.retries': 'x', bad: '1' })
    expect(error.detail?.split('\n')).toHaveLength(3)
  })
})

describe('quantities', () => {
  it('round-trip', () => {
    for (const text of ['1ns', '250ms', '10s', '1.5m', '2h', '7d']) {
      expect(printDuration(parseDuration(text)!)).toBe(text)
    }
    for (const text of ['0B', '10B', '512kB', '64MB', '3PB']) {
      expect(printDataSize(parseDataSize(text)!)).toBe(text)
    }
    expect(parseDuration('1x')).toBeUndefined()
    expect(parseDataSize('-1MB')).toBeUndefined()
  })
  it('find the nearest name', () => {
    expect(nearestName('memroy.max-data', ['memory.max-data', 'other'])).toBe('memory.max-data')
    expect(nearestName('abc', ['xyz'])).toBeUndefined()
  })
})

describe('properties', () => {
  it('decode and encode', () => {
    const wait = durationProperty('wait', 'How long', 5000)
    expect(wait.decode('2m')).toBe(120_000)
    expect(wait.encode(5000)).toBe('5s')
    expect(() => wait.decode('soon')).toThrow('Value is no duration: soon')
    expect(dataSizeProperty('size', 'Size').defaultValue).toBeUndefined()
    const mode = choiceProperty('mode', 'Mode', ['AUTO', 'NONE'], 'AUTO')
    expect(mode.decode('none')).toBe('NONE')
    expect(() => mode.decode('non')).toThrow('did you mean NONE')
    const count = integerProperty('count', 'Count', 1, {
      check: (value) => {
        if (value < 0) throw new Error(`must not be negative: ${value}`)
      },
    })
    expect(() => count.decode(-1)).toThrow('must not be negative')
  })
})
