/**
 * The graph as plain values: which nodes, devices and edges there are, what they may do, and what a
 * change from one graph to the next asks of each node. Pure functions; nothing here touches a disk,
 * a thread or an actor.
 */
package io.ashlar.engine.model;
