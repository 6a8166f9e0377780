/** The raw image format: bytes as they are. */
package io.ashlar.driver.raw;
