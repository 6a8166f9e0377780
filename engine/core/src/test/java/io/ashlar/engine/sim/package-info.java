/**
 * The engine under a scheduler of its own: actors, the pools' tasks and guests take turns that a
 * seed picks, and time is virtual. Nodes are kept in memory by disks that know what a crash can
 * leave of them, and every call into them and every message may fail.
 */
package io.ashlar.engine.sim;
