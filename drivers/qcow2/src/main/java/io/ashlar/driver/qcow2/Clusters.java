package io.ashlar.driver.qcow2;

/**
 * Consecutive host clusters that were just taken.
 *
 * @param first index of the first
 * @param count how many, at least 1
 * @param untouched nothing was ever written there: they read as zeroes
 */
record Clusters(long first, int count, boolean untouched) {}
