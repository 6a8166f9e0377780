/**
 * Driver {@code throttle}: a filter that holds requests back so that bytes and operations per
 * second stay within limits, shared by all nodes that name the same group.
 */
package io.ashlar.driver.throttle;
