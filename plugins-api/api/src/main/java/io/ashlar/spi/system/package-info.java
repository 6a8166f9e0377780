/**
 * The plain forms of what the engine lends drivers: the JDK's locks, threads and clock, and range
 * locks over them.
 */
package io.ashlar.spi.system;
