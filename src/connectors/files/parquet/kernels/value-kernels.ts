import { loopOf } from './loop.js'
import { SNAPPY_STEPS } from './snappy-kernels.js'

/**
 * Decoding of values. Lanes are arrays in kernel memory, written from their start; reading and writing may overshoot into the
 * slack that every buffer has (see kernel-memory.ts).
 * @source https://parquet.apache.org/docs/file-format/data-pages/encodings/
 */

/** Numbers of up to so many bits are unpacked eight at a time. */
const PACKED_WIDTH_MAX = 16
/**
 * How, by their width: which bytes of the packed ones have each number, for two times four lanes, and what moves it to bit 7 of its lane.
 * A number may begin at any bit of its first byte.
 */
export const UNPACK_TABLE = {
  address: SNAPPY_STEPS.address + SNAPPY_STEPS.byteLength,
  byteLength: (PACKED_WIDTH_MAX + 1) * 64,
} as const

/** Writes the table into the memory of an instance. */
export function fillUnpackTable(table: DataView): void {
  for (let width = 0; width <= PACKED_WIDTH_MAX; width++) {
    for (let lane = 0; lane < 8; lane++) {
      const bit = lane * width
      const at = width * 64 + lane * 4
      // An index beyond the bytes gives 0.
      for (let i = 0; i < 4; i++) table.setUint8(at + i, i < 3 ? (bit >> 3) + i : 0xff)
      table.setUint32(at + 32, 1 << (7 - (bit & 7)), true)
    }
  }
}

/**
 * State of a run-length and bit-packing hybrid, 24 bytes: next header, end, values left in the run, 1 if it is packed, its value
 * or next byte, bits of that byte which are behind.
 */
const HYBRID = `
  (func $fill (param $to $n $value i32) (local $end i32)
    (set $end (i32.add $to (i32.shl $n 2)))
    (loop $next
      (v128.store $to (i32x4.splat $value))
      (set $to (i32.add $to 16))
      (br_if $next (i32.lt_u $to $end))))

  (func $unpack (param $from $bit $width $n $to i32)
    (local $mask i64) (local $table i32) (local $bytes $low $high $lowFactor $highFactor $masks v128)
    (set $mask (i64.sub (i64.shl (i64.const 1) (i64.extend_i32_u $width)) (i64.const 1)))
    (if (i32.and (i32.eqz $bit) (i32.le_u $width ${PACKED_WIDTH_MAX})) (then
      (set $table (i32.add ${UNPACK_TABLE.address} (i32.shl $width 6)))
      (set $low (v128.load $table))
      (set $high (v128.load offset=16 $table))
      (set $lowFactor (v128.load offset=32 $table))
      (set $highFactor (v128.load offset=48 $table))
      (set $masks (i32x4.splat (i32.wrap_i64 $mask)))
      (block $rest
        (loop $eight
          (br_if $rest (i32.lt_u $n 8))
          (set $bytes (v128.load $from))
          (v128.store $to (v128.and $masks
            (i32x4.shr_u (i32x4.mul (i8x16.swizzle $bytes $low) $lowFactor) 7)))
          (v128.store offset=16 $to (v128.and $masks
            (i32x4.shr_u (i32x4.mul (i8x16.swizzle $bytes $high) $highFactor) 7)))
          (set $from (i32.add $from $width))
          (set $to (i32.add $to 32))
          (set $n (i32.sub $n 8))
          (br $eight)))))
    (block $done
      (loop $next
        (br_if $done (i32.eqz $n))
        (i64.store32 $to (i64.and $mask
          (i64.shr_u (i64.load $from) (i64.extend_i32_u $bit))))
        (set $bit (i32.add $bit $width))
        (set $from (i32.add $from (i32.shr_u $bit 3)))
        (set $bit (i32.and $bit 7))
        (set $to (i32.add $to 4))
        (set $n (i32.sub $n 1))
        (br $next))))

  ;; reads the header of the next run; 0 where there is none that is whole
  (func $next_run (param $state $width i32) (result i32) (local $left $at $end $header $shift $byte i32)
    (block $short
      (set $at (i32.load $state))
      (set $end (i32.load offset=4 $state))
      (set $header 0)
      (set $shift 0)
      (loop $varint
        (br_if $short (i32.ge_u $at $end))
        (br_if $short (i32.gt_u $shift 28))
        (set $byte (i32.load8_u $at))
        (set $at (i32.add $at 1))
        (set $header (i32.or $header (i32.shl (i32.and $byte 127) $shift)))
        (set $shift (i32.add $shift 7))
        (br_if $varint (i32.ge_u $byte 128)))
      (if (i32.and $header 1) (then
        (set $header (i32.shr_u $header 1))
        (i32.store offset=12 $state 1)
        (i32.store offset=16 $state $at)
        (i32.store offset=20 $state 0)
        (if (i32.eqz $width) (then
          (if (i32.gt_u $header 0x7ffffff) (then (set $header 0x7ffffff)))
          (set $left (i32.shl $header 3)))
        (else
          (set $left (i32.div_u (i32.sub $end $at) $width))
          (if (i32.gt_u $header $left) (then
            ;; the last run may be cut off behind its last value
            (set $left (i32.wrap_i64 (i64.div_u
              (i64.shl (i64.extend_i32_u (i32.sub $end $at)) (i64.const 3))
              (i64.extend_i32_u $width))))
            (set $at $end))
          (else
            (set $left (i32.shl $header 3))
            (set $at (i32.add $at (i32.mul $header $width))))))))
      (else
        (set $left (i32.shr_u $header 1))
        (set $byte (i32.shr_u (i32.add $width 7) 3))
        (br_if $short (i32.gt_u $byte (i32.sub $end $at)))
        (i32.store offset=12 $state 0)
        (i32.store offset=16 $state (i32.wrap_i64 (i64.and (i64.load $at)
          (i64.sub (i64.shl (i64.const 1) (i64.extend_i32_u (i32.shl $byte 3))) (i64.const 1)))))
        (set $at (i32.add $at $byte))))
      (i32.store $state $at)
      (i32.store offset=8 $state $left)
      (return 1))
    0)

  ;; 1 where the next n values are one run of $value, which is then behind; else 0, and no value is
  (func $constant_run (param $state $width $n $value i32) (result i32)
    (block $other
      (if (i32.eqz (i32.load offset=8 $state)) (then
        (br_if $other (i32.eqz (call $next_run $state $width)))))
      (br_if $other (i32.load offset=12 $state))
      (br_if $other (i32.ne (i32.load offset=16 $state) $value))
      (br_if $other (i32.lt_u (i32.load offset=8 $state) $n))
      (i32.store offset=8 $state (i32.sub (i32.load offset=8 $state) $n))
      (return 1))
    0)

  ;; n values as 32-bit numbers to $to, or nowhere where $to is 0; gives how many there were
  (func $hybrid (param $state $width $n $to i32) (result i32)
    (local $done $left $take $at $shift i32)
    (block $short
      (loop $runs
        (br_if $short (i32.eq $done $n))
        (set $left (i32.load offset=8 $state))
        (if (i32.eqz $left) (then
          (br_if $short (i32.eqz (call $next_run $state $width)))
          (br $runs)))
        (set $take (i32.sub $n $done))
        (if (i32.gt_u $take $left) (then (set $take $left)))
        (i32.store offset=8 $state (i32.sub $left $take))
        (if (i32.load offset=12 $state) (then
          (set $at (i32.load offset=16 $state))
          (set $shift (i32.load offset=20 $state))
          (if $to (then
            (call $unpack $at $shift $width $take (i32.add $to (i32.shl $done 2)))))
          (set $shift (i32.add $shift (i32.mul (i32.and $take 7) $width)))
          (i32.store offset=16 $state (i32.add
            (i32.add $at (i32.mul (i32.shr_u $take 3) $width)) (i32.shr_u $shift 3)))
          (i32.store offset=20 $state (i32.and $shift 7)))
        (else
          (if $to (then
            (call $fill (i32.add $to (i32.shl $done 2)) $take (i32.load offset=16 $state))))))
        (set $done (i32.add $done $take))
        (br $runs)))
    $done)

  (func $max_code (param $from $n i32) (result i32)
    (local $max $code i32) (local $maxs v128)
    (block $tail
      (loop $four
        (br_if $tail (i32.lt_u $n 4))
        (set $maxs (i32x4.max_u $maxs (v128.load $from)))
        (set $from (i32.add $from 16))
        (set $n (i32.sub $n 4))
        (br $four)))
    ${[0, 1, 2, 3]
      .map(
        (lane) => `(set $code (i32x4.extract_lane ${lane} $maxs))
    (if (i32.gt_u $code $max) (then (set $max $code)))`,
      )
      .join('')}
    (block $done
      (loop $next
        (br_if $done (i32.eqz $n))
        (set $code (i32.load $from))
        (if (i32.gt_u $code $max) (then (set $max $code)))
        (set $from (i32.add $from 4))
        (set $n (i32.sub $n 1))
        (br $next)))
    $max)
`

const WIDTHS = [
  { bits: 8, bytes: 1, load: 'i32.load8_u', store: 'i32.store8' },
  { bits: 16, bytes: 2, load: 'i32.load16_u', store: 'i32.store16' },
  { bits: 32, bytes: 4, load: 'i32.load', store: 'i32.store' },
  { bits: 64, bytes: 8, load: 'i64.load', store: 'i64.store' },
  { bits: 128, bytes: 16, load: 'v128.load', store: 'v128.store' },
] as const

const gathered = (i: number, bytes: number, load: string, store: string): string =>
  `(${store} offset=${i * bytes} $to (${load} (i32.add $entries (i32.mul (i32.load offset=${4 * i} $from) ${bytes}))))`

/** gatherN: entries by 32-bit codes; spreadN: values to the positions whose byte in $mask is not 0, zeroes elsewhere. */
const GATHERS = WIDTHS.map(
  ({ bits, bytes, load, store }) => `
  (func $gather${bits} (param $from $entries $to $n i32)
    (block $tail
      (loop $four
        (br_if $tail (i32.lt_u $n 4))
        ${[0, 1, 2, 3].map((i) => gathered(i, bytes, load, store)).join('\n        ')}
        (set $from (i32.add $from 16))
        (set $to (i32.add $to ${4 * bytes}))
        (set $n (i32.sub $n 4))
        (br $four)))
    ${loopOf(gathered(0, bytes, load, store), 4, bytes)})

  (func $spread${bits} (param $from $mask $to $n i32)
    (memory.fill $to 0 (i32.mul $n ${bytes}))
    (block $done
      (loop $next
        (br_if $done (i32.eqz $n))
        (if (i32.load8_u $mask) (then
          (${store} $to (${load} $from))
          (set $from (i32.add $from ${bytes}))))
        (set $mask (i32.add $mask 1))
        (set $to (i32.add $to ${bytes}))
        (set $n (i32.sub $n 1))
        (br $next))))
`,
).join('')

/** codesN: 32-bit codes in fewer bytes. */
const CODES = `
  (func $codes8 (param $from $to $n i32) (local $end i32)
    (set $end (i32.add $to $n))
    (loop $next
      (v128.store $to (i8x16.narrow_i16x8_u
        (i16x8.narrow_i32x4_u (v128.load $from) (v128.load offset=16 $from))
        (i16x8.narrow_i32x4_u (v128.load offset=32 $from) (v128.load offset=48 $from))))
      (set $from (i32.add $from 64))
      (set $to (i32.add $to 16))
      (br_if $next (i32.lt_u $to $end))))

  ;; by a table of 16 bytes
  (func $recode8 (param $from $table $to $n i32) (local $end i32) (local $entries v128)
    (set $end (i32.add $to $n))
    (set $entries (v128.load $table))
    (loop $next
      (v128.store $to (i8x16.swizzle $entries (i8x16.narrow_i16x8_u
        (i16x8.narrow_i32x4_u (v128.load $from) (v128.load offset=16 $from))
        (i16x8.narrow_i32x4_u (v128.load offset=32 $from) (v128.load offset=48 $from)))))
      (set $from (i32.add $from 64))
      (set $to (i32.add $to 16))
      (br_if $next (i32.lt_u $to $end))))

  (func $codes16 (param $from $to $n i32) (local $end i32)
    (set $end (i32.add $to (i32.shl $n 1)))
    (loop $next
      (v128.store $to (i16x8.narrow_i32x4_u (v128.load $from) (v128.load offset=16 $from)))
      (set $from (i32.add $from 32))
      (set $to (i32.add $to 16))
      (br_if $next (i32.lt_u $to $end))))
`

const EVENS = '0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27'
const ODDS = '4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31'

/** Minimum and maximum go to $out; narrowing functions subtract $base, so that all values fit. */
const INTEGERS = `
  ;; the low halves of n 64-bit integers to $to; 0 where one doesn't fit 32 bits
  (func $split64 (param $from $to $n $out i32) (result i32)
    (local $a $b $low $high $mins $maxs $beyond v128) (local $min $max $value i32) (local $wide i64) (local $rest i32)
    (set $mins (i32x4.splat 0x7fffffff))
    (set $maxs (i32x4.splat -2147483648))
    (block $tail
      (loop $four
        (br_if $tail (i32.lt_u $n 4))
        (set $a (v128.load $from))
        (set $b (v128.load offset=16 $from))
        (set $low (i8x16.shuffle ${EVENS} $a $b))
        (set $high (i8x16.shuffle ${ODDS} $a $b))
        (set $beyond (v128.or $beyond (v128.xor $high (i32x4.shr_s $low 31))))
        (set $mins (i32x4.min_s $mins $low))
        (set $maxs (i32x4.max_s $maxs $low))
        (v128.store $to $low)
        (set $from (i32.add $from 32))
        (set $to (i32.add $to 16))
        (set $n (i32.sub $n 4))
        (br $four)))
    (v128.store $out $mins)
    (v128.store offset=16 $out $maxs)
    (block $bad
      (br_if $bad (v128.any_true $beyond))
      (set $min 0x7fffffff)
      (set $max -2147483648)
      (block $done
        (loop $next
          (br_if $done (i32.eqz $n))
          (set $wide (i64.load $from))
          (set $value (i32.wrap_i64 $wide))
          (br_if $bad (i32.eqz (i64.eq $wide (i64.extend_i32_s $value))))
          (if (i32.lt_s $value $min) (then (set $min $value)))
          (if (i32.gt_s $value $max) (then (set $max $value)))
          (i32.store $to $value)
          (set $from (i32.add $from 8))
          (set $to (i32.add $to 4))
          (set $n (i32.sub $n 1))
          (br $next)))
      (call $merge_bounds $out $min $max)
      (return 1))
    0)

  ;; folds the four minima and four maxima at $out with one more of each
  (func $merge_bounds (param $out $min $max i32) (local $lane $value i32)
    (loop $next
      (set $value (i32.load (i32.add $out (i32.shl $lane 2))))
      (if (i32.lt_s $value $min) (then (set $min $value)))
      (set $value (i32.load offset=16 (i32.add $out (i32.shl $lane 2))))
      (if (i32.gt_s $value $max) (then (set $max $value)))
      (set $lane (i32.add $lane 1))
      (br_if $next (i32.lt_u $lane 4)))
    (i32.store $out $min)
    (i32.store offset=4 $out $max))

  (func $bounds32 (param $from $n $out i32)
    (local $mins $maxs $a v128) (local $min $max $value i32)
    (set $mins (i32x4.splat 0x7fffffff))
    (set $maxs (i32x4.splat -2147483648))
    (block $tail
      (loop $four
        (br_if $tail (i32.lt_u $n 4))
        (set $a (v128.load $from))
        (set $mins (i32x4.min_s $mins $a))
        (set $maxs (i32x4.max_s $maxs $a))
        (set $from (i32.add $from 16))
        (set $n (i32.sub $n 4))
        (br $four)))
    (v128.store $out $mins)
    (v128.store offset=16 $out $maxs)
    (set $min 0x7fffffff)
    (set $max -2147483648)
    (block $done
      (loop $next
        (br_if $done (i32.eqz $n))
        (set $value (i32.load $from))
        (if (i32.lt_s $value $min) (then (set $min $value)))
        (if (i32.gt_s $value $max) (then (set $max $value)))
        (set $from (i32.add $from 4))
        (set $n (i32.sub $n 1))
        (br $next)))
    (call $merge_bounds $out $min $max))

  (func $bounds64 (param $from $n $out i32) (local $min $max $value i64)
    (set $min (i64.load $from))
    (set $max $min)
    (block $done
      (loop $next
        (br_if $done (i32.eqz $n))
        (set $value (i64.load $from))
        (if (i64.lt_s $value $min) (then (set $min $value)))
        (if (i64.gt_s $value $max) (then (set $max $value)))
        (set $from (i32.add $from 8))
        (set $n (i32.sub $n 1))
        (br $next)))
    (i64.store $out $min)
    (i64.store offset=8 $out $max))

  (func $narrow32_16 (param $from $to $n $base i32) (local $end i32)
    (set $end (i32.add $to (i32.shl $n 1)))
    (loop $next
      (v128.store $to (i16x8.narrow_i32x4_s
        (i32x4.sub (v128.load $from) (i32x4.splat $base))
        (i32x4.sub (v128.load offset=16 $from) (i32x4.splat $base))))
      (set $from (i32.add $from 32))
      (set $to (i32.add $to 16))
      (br_if $next (i32.lt_u $to $end))))

  (func $narrow32_8 (param $from $to $n $base i32) (local $end i32)
    (set $end (i32.add $to $n))
    (loop $next
      (v128.store $to (i8x16.narrow_i16x8_s
        (i16x8.narrow_i32x4_s
          (i32x4.sub (v128.load $from) (i32x4.splat $base))
          (i32x4.sub (v128.load offset=16 $from) (i32x4.splat $base)))
        (i16x8.narrow_i32x4_s
          (i32x4.sub (v128.load offset=32 $from) (i32x4.splat $base))
          (i32x4.sub (v128.load offset=48 $from) (i32x4.splat $base)))))
      (set $from (i32.add $from 64))
      (set $to (i32.add $to 16))
      (br_if $next (i32.lt_u $to $end))))

  (func $offset64_32 (param $from $to $n i32) (param $base i64)
    ${loopOf('(i64.store32 $to (i64.sub (i64.load $from) $base))', 8, 4)})

  (func $widen32_64 (param $from $to $n i32)
    ${loopOf('(i64.store $to (i64.load32_s $from))', 4, 8)})

  (func $widen_unsigned (param $from $to $n i32)
    ${loopOf('(i64.store $to (i64.load32_u $from))', 4, 8)})

  ;; big-endian two's complement of 1 to 8 bytes
  (func $big_endian (param $from $width $to $n i32) (local $value i64) (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz $n))
        (set $value (i64.load8_s $from))
        (set $i 1)
        (block $whole
          (loop $byte
            (br_if $whole (i32.ge_u $i $width))
            (set $value (i64.or (i64.shl $value (i64.const 8))
              (i64.load8_u (i32.add $from $i))))
            (set $i (i32.add $i 1))
            (br $byte)))
        (i64.store $to $value)
        (set $from (i32.add $from $width))
        (set $to (i32.add $to 8))
        (set $n (i32.sub $n 1))
        (br $next))))
`

/** Levels: 32-bit numbers to a byte a position and a bitmap. */
const LEVELS = `
  ;; a byte 1 where the level is $level, else 0; gives how many are
  (func $level_mask (param $from $level $to $n i32) (result i32) (local $count $is i32)
    ${loopOf(
      `(set $is (i32.eq (i32.load $from) $level))
        (i32.store8 $to $is)
        (set $count (i32.add $count $is))`,
      4,
      1,
    )}
    $count)

  ;; the bits of bytes that are 0 or 1
  (func $bitmap (param $from $to $n i32) (local $end i32)
    (set $end (i32.add $from $n))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u $from $end))
        (i32.store16 $to (i8x16.bitmask (i8x16.neg (v128.load $from))))
        (set $from (i32.add $from 16))
        (set $to (i32.add $to 2))
        (br $next))))
`

export const VALUE_KERNELS = HYBRID + GATHERS + CODES + INTEGERS + LEVELS
