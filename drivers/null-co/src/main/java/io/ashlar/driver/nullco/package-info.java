/** A disk of zeroes that keeps nothing. */
package io.ashlar.driver.nullco;
