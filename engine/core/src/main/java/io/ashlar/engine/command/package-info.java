/**
 * One vocabulary over graph, bitmaps and jobs: commands with QMP's names and arguments, used by
 * {@code ashlar run} and by whoever else speaks QMP.
 */
package io.ashlar.engine.command;
