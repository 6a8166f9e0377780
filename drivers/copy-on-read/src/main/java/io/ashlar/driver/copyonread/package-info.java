/** A filter that keeps what was read from below. */
package io.ashlar.driver.copyonread;
