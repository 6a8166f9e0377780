/**
 * The driver interface of Ashlar: what a block driver implements and what the engine hands it.
 *
 * <p>A driver author needs this package alone: no Akka, no Scala, no qcow2. It depends on the JDK
 * and slf4j-api. Types only ever gain members that have a default; {@link io.ashlar.spi.SpiLevel}
 * counts such steps.
 */
package io.ashlar.spi;
