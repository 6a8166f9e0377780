/**
 * What driver authors test with: a small host without the engine ({@link
 * io.ashlar.spi.contract.TestHost}), nodes and files in memory that count and fail, and the suite
 * every block driver passes.
 */
package io.ashlar.spi.contract;
