/**
 * The crash harness: the real engine with the real drivers over a simulated disk that holds image
 * and journal. It explores what a crash may leave, opens each state again and holds it to what
 * {@code docs/fault-model.md} promises.
 */
package io.ashlar.engine.crash;
