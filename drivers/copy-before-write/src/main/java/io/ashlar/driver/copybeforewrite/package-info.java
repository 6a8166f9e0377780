/** A filter that saves old contents before a write changes them. */
package io.ashlar.driver.copybeforewrite;
