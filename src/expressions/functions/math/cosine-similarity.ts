import type { MapValue } from '../../../spi/type/value.js'
import { scalarFunction } from '../../function-definition.js'
import { ARRAYS, cosineOfArrays, norm, type Vector } from './vectors.js'

function cosineOfMaps(left: MapValue, right: MapValue): number | null {
  const leftValues = left.values as Vector
  const rightValues = right.values as Vector
  if (leftValues.includes(null) || rightValues.includes(null)) return null
  const leftNorm = norm(leftValues)
  const rightNorm = norm(rightValues)
  const others = new Map(right.keys.map((key, i) => [key as string, rightValues[i]!]))
  const product = left.keys.reduce<number>((sum, key, i) => {
    const other = others.get(key as string)
    return other === undefined ? sum : sum + leftValues[i]! * other
  }, 0)
  return product / (leftNorm * rightNorm)
}

const MAPS = { args: ['map(varchar,double)', 'map(varchar,double)'], returns: 'double' } as const

export const cosineSimilarity = scalarFunction({
  name: 'cosine_similarity',
  description: 'The cosine of the angle of two vectors',
  overloads: [
    { ...ARRAYS, evaluate: cosineOfArrays },
    { ...MAPS, evaluate: cosineOfMaps },
  ],
})
