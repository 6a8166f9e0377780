/** A filter that injects faults. */
package io.ashlar.driver.blkdebug;
