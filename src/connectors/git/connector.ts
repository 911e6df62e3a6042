import {
  type DefinedTable,
  type Domain,
  defineConnector,
  discreteValues,
  durationConfig,
  MillraceError,
  stringConfig,
  type TupleDomain,
} from '../../spi/index.js'
import { readFailure } from './errors.js'
import { openRepository } from './repository.js'
import { type GitTable, TABLE_READERS } from './rows.js'

const requiredPredicateColumns = ['url']

/**
 * Git repositories as tables: `WHERE url = '…'` says which. A small connector to learn from, on the library isomorphic-git.
 * @source trino-git, for tables and columns
 */
export const gitConnectorFactory = defineConnector({
  name: 'git',
  config: {
    'git.local-root': stringConfig({
      description: 'Folder that local repositories have to be below; none are allowed without it',
    }),
    'git.fetch-timeout': durationConfig({
      description: 'How long fetching a remote repository may take',
      default: '10m',
      min: '1ms',
      max: '24h',
    }),
  },
  tables: {
    branches: {
      columns: { url: 'varchar', object_id: 'varchar', name: 'varchar', is_merged: 'boolean' },
      requiredPredicateColumns,
    },
    commits: {
      columns: {
        url: 'varchar',
        object_id: 'varchar',
        author_name: 'varchar',
        author_email: 'varchar',
        committer_name: 'varchar',
        committer_email: 'varchar',
        message: 'varchar',
        parents: 'array(varchar)',
        tree_id: 'varchar',
        commit_time: 'timestamp(0) with time zone',
      },
      requiredPredicateColumns,
    },
    objects: {
      columns: { url: 'varchar', object_id: 'varchar', contents: 'varbinary' },
      requiredPredicateColumns,
    },
    tags: {
      columns: { url: 'varchar', object_id: 'varchar', name: 'varchar' },
      requiredPredicateColumns,
    },
  },
  pushdown: {
    filter: (_table: DefinedTable, column: string, domain: Domain) =>
      column === 'url' && discreteValues(domain.values) !== undefined,
  },
  /** A split a repository. */
  splits: ({ table, filter }) => urlsOf(table, filter),
  async *rows({ table, columns, split, config, signal }) {
    const url = split as string
    const repository = await openRepository(url, {
      localRoot: config['git.local-root'],
      timeoutMillis: config['git.fetch-timeout'],
      signal,
    })
    try {
      const rows = TABLE_READERS[table as GitTable](repository, new Set(columns))
      for await (const row of rows) {
        signal.throwIfAborted()
        yield { ...row, url }
      }
    } catch (error) {
      throw readFailure(error, url)
    } finally {
      await repository.close()
    }
  },
})

function urlsOf(table: string, { columnDomains }: TupleDomain<string>): readonly string[] {
  if (columnDomains === null) return []
  const domain = columnDomains.find(({ column }) => column === 'url')?.domain
  const urls = domain === undefined ? undefined : discreteValues(domain.values)
  if (urls !== undefined) return urls as readonly string[]
  throw new MillraceError(
    'QUERY_REJECTED',
    `Filter has to give values of column 'url', as in url = '…' or url IN ('…'): ${table}`,
  )
}
