/**
 * {@code transaction}: actions over several nodes, staged together in one change of the graph and
 * taking effect together.
 */
package io.ashlar.engine.transaction;
