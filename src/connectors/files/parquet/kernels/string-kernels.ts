import { loopOf } from './loop.js'

/** Strings after their lengths, each of 4 bytes. */
const STRINGS = `
  ;; the bytes of n strings to $to and n ends to $ends; gives where the next one begins, 0 where they don't fit before $end
  (func $strings (param $from $end $n $ends $to $start i32) (result i32) (local $length i32)
    (block $bad
      (block $done
        (loop $next
          (br_if $done (i32.eqz $n))
          (br_if $bad (i32.lt_u (i32.sub $end $from) 4))
          (set $length (i32.load $from))
          (set $from (i32.add $from 4))
          (br_if $bad (i32.gt_u $length (i32.sub $end $from)))
          (call $copy_literal $from (i32.add $to $start) $length)
          (set $from (i32.add $from $length))
          (set $start (i32.add $start $length))
          (i32.store $ends $start)
          (set $ends (i32.add $ends 4))
          (set $n (i32.sub $n 1))
          (br $next)))
      (return $from))
    0)

  ;; the same of those whose byte in $mask is not 0
  (func $strings_where (param $from $end $n $ends $to $start $mask i32) (result i32) (local $length i32)
    (block $bad
      (block $done
        (loop $next
          (br_if $done (i32.eqz $n))
          (br_if $bad (i32.lt_u (i32.sub $end $from) 4))
          (set $length (i32.load $from))
          (set $from (i32.add $from 4))
          (br_if $bad (i32.gt_u $length (i32.sub $end $from)))
          (if (i32.load8_u $mask) (then
            (call $copy_literal $from (i32.add $to $start) $length)
            (set $start (i32.add $start $length))
            (i32.store $ends $start)
            (set $ends (i32.add $ends 4))))
          (set $mask (i32.add $mask 1))
          (set $from (i32.add $from $length))
          (set $n (i32.sub $n 1))
          (br $next)))
      (return $from))
    0)

  (func $skip_strings (param $from $end $n i32) (result i32) (local $length i32)
    (block $bad
      (block $done
        (loop $next
          (br_if $done (i32.eqz $n))
          (br_if $bad (i32.lt_u (i32.sub $end $from) 4))
          (set $length (i32.load $from))
          (set $from (i32.add $from 4))
          (br_if $bad (i32.gt_u $length (i32.sub $end $from)))
          (set $from (i32.add $from $length))
          (set $n (i32.sub $n 1))
          (br $next)))
      (return $from))
    0)

  ;; 1 where all bytes are below 128
  (func $is_ascii (param $from $n i32) (result i32) (local $end i32) (local $seen v128)
    (set $end (i32.add $from (i32.and $n -16)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u $from $end))
        (set $seen (v128.or $seen (v128.load $from)))
        (set $from (i32.add $from 16))
        (br $next)))
    (set $n (i32.and $n 15))
    (block $done
      (loop $next
        (br_if $done (i32.eqz $n))
        (if (i32.ge_u (i32.load8_u $from) 128) (then (return 0)))
        (set $from (i32.add $from 1))
        (set $n (i32.sub $n 1))
        (br $next)))
    (i32.eqz (i8x16.bitmask $seen)))
`

/** DELTA_BINARY_PACKED: the blocks after the header, as 64-bit sums. */
const DELTA = `
  ;; $n values in all, the first at $to already; gives where the blocks end, 0 where they are cut off or malformed
  (func $delta (param $from $end $miniblocks $perMiniblock $n $to i32) (result i32)
    (local $min $value $delta $mask $zigzag i64)
    (local $widths $m $width $left $bit $byte i32) (local $shift i64) (local $size i32) (local $long i64)
    (set $value (i64.load $to))
    (set $to (i32.add $to 8))
    (set $n (i32.sub $n 1))
    (block $bad
      (block $done
        (loop $blocks
          (br_if $done (i32.eqz $n))
          (set $zigzag (i64.const 0))
          (set $shift (i64.const 0))
          (loop $varint
            (br_if $bad (i32.ge_u $from $end))
            (br_if $bad (i64.gt_s $shift (i64.const 63)))
            (set $byte (i32.load8_u $from))
            (set $from (i32.add $from 1))
            (set $zigzag (i64.or $zigzag
              (i64.shl (i64.extend_i32_u (i32.and $byte 127)) $shift)))
            (set $shift (i64.add $shift (i64.const 7)))
            (br_if $varint (i32.ge_u $byte 128)))
          (set $min (i64.xor (i64.shr_u $zigzag (i64.const 1))
            (i64.sub (i64.const 0) (i64.and $zigzag (i64.const 1)))))
          (set $widths $from)
          (br_if $bad (i32.gt_u $miniblocks (i32.sub $end $from)))
          (set $from (i32.add $from $miniblocks))
          (set $m 0)
          (block $blockDone
            (loop $miniblock
              (br_if $blockDone (i32.eq $m $miniblocks))
              (br_if $blockDone (i32.eqz $n))
              (set $width (i32.load8_u (i32.add $widths $m)))
              (set $m (i32.add $m 1))
              (br_if $bad (i32.gt_u $width 64))
              (set $size (i32.mul (i32.shr_u $perMiniblock 3) $width))
              (set $left $perMiniblock)
              (if (i32.gt_u $left $n) (then (set $left $n)))
              ;; the last miniblock may be cut off behind its last value
              (br_if $bad (i32.gt_u (i32.shr_u (i32.add (i32.mul $left $width) 7) 3) (i32.sub $end $from)))
              (set $n (i32.sub $n $left))
              (set $mask (i64.const -1))
              (if (i32.lt_u $width 64) (then
                (set $mask (i64.sub (i64.shl (i64.const 1) (i64.extend_i32_u $width)) (i64.const 1)))))
              (set $bit 0)
              (loop $values
                (set $byte (i32.add $from (i32.shr_u $bit 3)))
                (set $shift (i64.extend_i32_u (i32.and $bit 7)))
                (set $delta (i64.shr_u (i64.load $byte) $shift))
                (if (i32.gt_u (i32.add $width (i32.and $bit 7)) 64) (then
                  (set $delta (i64.or $delta (i64.shl (i64.load offset=8 $byte)
                    (i64.sub (i64.const 64) $shift))))))
                (set $value (i64.add $value (i64.add $min (i64.and $delta $mask))))
                (i64.store $to $value)
                (set $to (i32.add $to 8))
                (set $bit (i32.add $bit $width))
                (set $left (i32.sub $left 1))
                (br_if $values $left))
              (if (i32.gt_u $size (i32.sub $end $from)) (then (set $size (i32.sub $end $from))))
              (set $from (i32.add $from $size))
              (br $miniblock)))
          (br $blocks)))
      (return $from))
    0)

  (func $multiply64 (param $from $to $n i32) (param $factor i64)
    ${loopOf('(i64.store $to (i64.mul (i64.load $from) $factor))', 8, 8)})

  (func $truncate64_32 (param $from $to $n i32)
    ${loopOf('(i64.store32 $to (i64.load $from))', 8, 4)})
`

export const STRING_KERNELS = STRINGS + DELTA
