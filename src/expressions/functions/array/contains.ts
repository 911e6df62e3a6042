import type { Value } from '../../../spi/type/value.js'
import { invalidArgument } from '../../errors.js'
import { scalarFunction } from '../../function-definition.js'
import { equalityOf } from '../../value/comparison.js'
import { parseIpAddress } from '../../value/network.js'
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

/**
 * Tells whether an address is in a subnet written `10.0.0.0/8` or `2001:db8::/32`. One of IPv4 has no bits beyond its
 * prefix; one of IPv6 may, and holds addresses of IPv4 as they are mapped.
 * @source Trino IpAddressFunctions
 */
function subnetContains(subnet: string, address: Uint8Array): boolean {
  const slash = subnet.indexOf('/')
  if (slash < 0) invalidArgument('Invalid CIDR')
  const prefix = subnet.slice(0, slash)
  const network = parseIpAddress(prefix)
  if (network === undefined) return invalidArgument('Invalid network IP address')
  const lengthText = subnet.slice(slash + 1)
  if (!/^\d+$/.test(lengthText)) invalidArgument('Invalid prefix length')
  const before = prefix.includes(':') ? 0 : 96
  const bits = before + Number(lengthText)
  const first = firstAddress(network, bits)
  if (bits > 128 || (before > 0 && !isSame(first, network))) invalidArgument('Invalid CIDR')
  return isSame(first, firstAddress(address, bits))
}

/** An address with nothing beyond its first bits. */
const firstAddress = (address: Uint8Array, bits: number): Uint8Array =>
  address.map((byte, i) => byte & (0xff00 >> Math.max(0, Math.min(8, bits - 8 * i))))

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i])
