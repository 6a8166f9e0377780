/**
 * Nodes as they run: the core objects of the data path, the edges and devices that call them, and
 * the actor of each node.
 */
package io.ashlar.engine.graph;
