/** One response of the protocol, as it came. */
export interface ProtocolPage {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: {
    readonly id: string
    readonly nextUri?: string
    readonly columns?: readonly { readonly name: string; readonly type: string }[]
    readonly data?: readonly (readonly unknown[])[]
    readonly error?: {
      readonly message: string
      readonly errorName: string
      readonly errorCode: number
      readonly errorType: string
      readonly errorLocation?: { readonly lineNumber: number; readonly columnNumber: number }
    }
    readonly stats: { readonly state: string }
    readonly updateType?: string
    readonly updateCount?: number
  }
}

export const CAPABILITIES = 'PATH,PARAMETRIC_DATETIME,SESSION_AUTHORIZATION'

/** Headers of a client that has everything. */
export const clientHeaders = (more: Readonly<Record<string, string>> = {}) => ({
  'X-Trino-User': 'tester',
  'X-Trino-Catalog': 'memory',
  'X-Trino-Schema': 'default',
  'X-Trino-Time-Zone': 'UTC',
  'X-Trino-Transaction-Id': 'NONE',
  'X-Trino-Client-Capabilities': CAPABILITIES,
  ...more,
})

async function pageOf(response: Response): Promise<ProtocolPage> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  }
}

export const post = async (
  url: string,
  sql: string,
  headers: Readonly<Record<string, string>> = clientHeaders(),
): Promise<ProtocolPage> =>
  pageOf(await fetch(`${url}/v1/statement`, { method: 'POST', body: sql, headers }))

export const get = async (
  uri: string,
  headers: Readonly<Record<string, string>> = clientHeaders(),
): Promise<ProtocolPage> => pageOf(await fetch(uri, { headers }))

/** All responses of a statement, from the post to the one without nextUri. */
export async function follow(
  url: string,
  sql: string,
  headers: Readonly<Record<string, string>> = clientHeaders(),
): Promise<ProtocolPage[]> {
  const pages = [await post(url, sql, headers)]
  for (;;) {
    const next = pages.at(-1)!.body?.nextUri
    if (next === undefined) return pages
    pages.push(await get(next, headers))
  }
}

/** The rows of a statement. */
export async function rowsOf(
  url: string,
  sql: string,
  headers?: Readonly<Record<string, string>>,
): Promise<unknown[]> {
  const pages = await follow(url, sql, headers)
  const { error } = pages.at(-1)!.body
  if (error !== undefined) throw new Error(`${error.errorName}: ${error.message}`)
  return pages.flatMap((page) => page.body.data ?? [])
}
