import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { equalityOf } from '../../value/comparison.js'
import { isMappedIpv4, parseIpAddress } from '../../value/network.js'
import { elementType } from './element-type.js'

export const contains = scalarFunction({
  name: 'contains',
  description: 'Tells whether an array has an element equal to a value',
  overloads: [
    {
      args: ['array(t)', 't'],
      returns: 'boolean',
      typeVariables: ['T:comparable'],
      bind: (call) => {
        const equal = equalityOf(elementType(call))
        return (array: readonly Value[], value: Value) => {
          let unknown = false
          for (const element of array) {
            if (element === null) unknown = true
            else if (equal(element, value) === true) return true
          }
          return unknown ? null : false
        }
      },
    },
    {
      args: ['varchar', 'ipaddress'],
      returns: 'boolean',
      evaluate: subnetContains,
    },
  ],
})

/** Tells whether an address is in a subnet written `10.0.0.0/8`. */
function subnetContains(subnet: string, address: Uint8Array): boolean {
  const [prefix, lengthText, more] = subnet.split('/')
  const network = parseIpAddress(prefix!)
  if (lengthText === undefined || more !== undefined) invalidArgument('Invalid CIDR')
  if (network === undefined) return invalidArgument('Invalid network IP address')
  const isV4 = isMappedIpv4(network)
  const length = Number(lengthText)
  if (!(Number.isInteger(length) && length >= 0 && length <= (isV4 ? 32 : 128))) {
    invalidArgument('Invalid prefix length')
  }
  if (isV4 !== isMappedIpv4(address)) return false
  const bits = length + (isV4 ? 96 : 0)
  for (let i = 0; i < 16; i++) {
    const kept = Math.max(0, Math.min(8, bits - 8 * i))
    const mask = (0xff << (8 - kept)) & 0xff
    if ((network[i]! & mask) !== (address[i]! & mask)) return false
  }
  return true
}
