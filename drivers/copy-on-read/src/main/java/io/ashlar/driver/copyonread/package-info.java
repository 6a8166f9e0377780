/**
 * Driver {@code copy-on-read}: a filter that stores in the upper image what was read from below it.
 */
package io.ashlar.driver.copyonread;
