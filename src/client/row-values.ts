import type { SqlType } from '../spi/type/type.js'

/** Makes a value of what msgpack has of it: maps of ROWs become objects. Undefined where nothing is to be done. */
export function packedValueDecoder(type: SqlType): ((value: unknown) => unknown) | undefined {
  switch (type.kind) {
    case 'array': {
      const element = packedValueDecoder(type.element)
      return element && nullable((value) => (value as unknown[]).map(element))
    }
    case 'map': {
      const key = packedValueDecoder(type.key)
      const entry = packedValueDecoder(type.value)
      if (key === undefined && entry === undefined) return undefined
      return nullable(
        (value) =>
          new Map(
            [...(value as Map<unknown, unknown>)].map(([k, v]) => [
              key === undefined ? k : key(k),
              entry === undefined ? v : entry(v),
            ]),
          ),
      )
    }
    case 'row': {
      const fields = new Map(
        type.fields.map((field, i) => [field.name ?? `field${i}`, packedValueDecoder(field.type)]),
      )
      return nullable((value) =>
        Object.fromEntries(
          [...(value as Map<string, unknown>)].map(([name, field]) => {
            const decode = fields.get(name)
            return [name, decode === undefined ? field : decode(field)]
          }),
        ),
      )
    }
    default:
      return undefined
  }
}

const nullable =
  (decode: (value: unknown) => unknown) =>
  (value: unknown): unknown =>
    value === null ? null : decode(value)
