/**
 * {@code bench/compare}: Ashlar and QEMU on the same image in one run, in turns, as a table of
 * ratios beside their targets.
 */
package io.ashlar.bench.compare;
