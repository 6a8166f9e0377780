/** The test suite every block driver passes. */
package io.ashlar.spi.contract;
