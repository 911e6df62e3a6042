import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { parseProperties, readConfig } from '../../../src/server/config.js'
import { nearestName } from '../../../src/spi/index.js'
import { ROOT } from '../../support/build.js'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function etc(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-config-'))
  folders.push(folder)
  mkdirSync(join(folder, 'catalog'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

test('properties: comments, blanks, continued lines, both separators', () => {
  const text = '# c\n! c\n\n a = 1 \nb:two=2\nlong=x,\\\n   y\nempty=\n'
  expect(parseProperties(text, 'f')).toEqual({ a: '1', b: 'two=2', long: 'x,y', empty: '' })
  expect(() => parseProperties('a=1\na=2', 'f')).toThrow('Property is set twice in f: a')
  expect(() => parseProperties('nonsense', 'f')).toThrow('Line 1 of f has no name and value')
})

test('values come from the environment', () => {
  process.env['MILLRACE_TEST_SECRET'] = 's3'
  expect(parseProperties('a=${ENV:MILLRACE_TEST_SECRET}!', 'f')).toEqual({ a: 's3!' })
  delete process.env['MILLRACE_TEST_SECRET']
  expect(() => parseProperties('a=${ENV:MILLRACE_TEST_SECRET}', 'f')).toThrow(
    'MILLRACE_TEST_SECRET',
  )
})

test('a directory as Trino has it', () => {
  const folder = etc({
    'config.properties':
      'coordinator=true\nhttp-server.http.port=8181\nquery.max-memory=2GB\nplugins=some-package,./mine.js\n',
    'node.properties': 'node.environment=test\nnode.id=n1\nnode.data-dir=/tmp\n',
    'catalog/tpch.properties': 'connector.name=tpch\ntpch.column-naming=STANDARD\n',
    'catalog/README': 'not a catalog',
  })
  const config = readConfig(folder)
  expect(config.server).toEqual({
    port: 8181,
    cluster: { coordinator: true, includeCoordinator: true },
  })
  expect(config.engine).toMatchObject({
    catalogs: { tpch: { 'connector.name': 'tpch', 'tpch.column-naming': 'STANDARD' } },
    memoryLimitBytes: 2 * 1024 ** 3,
    environment: 'test',
    nodeId: 'n1',
  })
  const [first, second] = config.engine.plugins!
  expect(first).toBe('some-package')
  expect(String(second)).toBe(`file://${folder}/mine.js`)
})

test('what is done about nodes that fail', () => {
  const folder = etc({
    'config.properties':
      'retry-policy=TASK\ntask-retry-attempts-per-task=7\nretry-initial-delay=2s\nexchange.deduplication-buffer-size=1MB\nfailure-detector.silence-limit=7s\nexchange.compression-codec=LZ4\n',
    'exchange-manager.properties':
      'exchange-manager.name=filesystem\nexchange.base-directories=spool, /tmp/b\n',
  })
  const { engine, server } = readConfig(folder)
  expect(engine.faultTolerance).toEqual({
    policy: 'TASK',
    taskRetries: 7,
    initialDelayMillis: 2000,
    resultBufferBytes: 2 ** 20,
    exchangeDirectories: [join(folder, 'spool'), '/tmp/b'],
  })
  expect(engine.exchangeCompression).toBe('LZ4')
  expect(server.cluster?.liveness).toMatchObject({ silentMillis: 7000 })
  for (const [file, text] of [
    ['config.properties', 'retry-policy=OFTEN'],
    ['config.properties', 'exchange.base-directories=s3://bucket'],
    ['config.properties', 'retry-delay-scale-factor=0.5'],
    ['config.properties', 'exchange.compression-codec=ZSTD'],
    ['exchange-manager.properties', 'exchange-manager.name=hdfs'],
    ['exchange-manager.properties', 'retry-policy=TASK'],
  ] as const) {
    expect(() => readConfig(etc({ [file]: text })), text).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
    )
  }
})

test('mistakes are told with what was meant', () => {
  const misspelt = etc({ 'config.properties': 'http-server.http.prot=1\n' })
  expect(() => readConfig(misspelt)).toThrowError(
    expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      message: 'Property of config.properties is not used: http-server.http.prot',
      hint: 'Did you mean http-server.http.port?',
    }),
  )
  expect(() => readConfig(etc({ 'config.properties': 'http-server.http.port=many\n' }))).toThrow(
    'must be a whole number',
  )
  expect(() =>
    readConfig(etc({ 'config.properties': 'query.client.timeout=soon\n' })),
  ).toThrowError(
    expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      message: 'query.client.timeout must be a duration such as 10s or 5m: soon',
    }),
  )
  expect(() => readConfig(etc({ 'config.properties': 'query.max-memory=2\n' }))).toThrow(
    'query.max-memory must be a data size such as 64MB: 2',
  )
  expect(() => readConfig('/no/such/directory')).toThrow('does not exist')
})

test('the nearest name, if it is near', () => {
  expect(nearestName('prot', ['port', 'host'])).toBe('port')
  expect(nearestName('something-else', ['port', 'host'])).toBeUndefined()
})

test('the cluster of the examples: a coordinator and workers that find it', () => {
  const read = (node: string) => readConfig(join(ROOT, 'examples/cluster', node))
  const coordinator = read('coordinator')
  expect(coordinator.engine).toMatchObject({
    environment: 'example',
    catalogs: { tpch: { 'connector.name': 'tpch' } },
  })
  expect(coordinator.server).toMatchObject({
    port: 8080,
    cluster: { coordinator: true, includeCoordinator: false },
  })
  const { sharedSecret } = coordinator.server.cluster!
  for (const [node, port] of [
    ['worker-1', 8081],
    ['worker-2', 8082],
  ] as const) {
    expect(read(node).engine.nodeId).toBe(node)
    expect(read(node).server).toMatchObject({
      port,
      cluster: { coordinator: false, discoveryUri: 'http://127.0.0.1:8080', sharedSecret },
    })
  }
})

test('rules of access and groups', () => {
  const folder = etc({
    'access-control.properties': 'access-control.name=file\nsecurity.config-file=rules.json\n',
    'rules.json': '{}',
    'group-provider.properties': 'group-provider.name=file\nfile.group-file=groups.txt\n',
    'groups.txt': 'auditors:ann,bob\n\nclerks: cid\n',
  })
  expect(readConfig(folder).engine).toMatchObject({
    accessControl: {
      'access-control.name': 'file',
      'security.config-file': join(folder, 'rules.json'),
    },
    groups: { auditors: ['ann', 'bob'], clerks: ['cid'] },
  })
  writeFileSync(join(folder, 'groups.txt'), 'auditors\n')
  expect(() => readConfig(folder)).toThrow('is no new group with its users: auditors')
  writeFileSync(join(folder, 'group-provider.properties'), 'group-provider.name=ldap\n')
  expect(() => readConfig(folder)).toThrow('group-provider.name')
})
