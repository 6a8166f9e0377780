/** Driver {@code blkdebug}: a filter that injects errors and delays by rules, for tests. */
package io.ashlar.driver.blkdebug;
