/** A filter that limits bytes and requests per second. */
package io.ashlar.driver.throttle;
