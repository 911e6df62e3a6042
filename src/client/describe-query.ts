/** `GET /v1/query/{id}`: what the server tells of a query. */
export async function describeQuery(
  url: string,
  queryId: string,
  headers: Readonly<Record<string, string>>,
): Promise<unknown> {
  const response = await fetch(`${url}/v1/query/${queryId}`, { headers })
  const text = await response.text()
  return response.status === 200 ? JSON.parse(text) : undefined
}
