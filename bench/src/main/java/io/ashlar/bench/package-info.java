/** Benchmarks of the data path. */
package io.ashlar.bench;
