/**
 * Jobs: work that runs in the background over the graph, with progress, speed limit, pause and
 * cancel.
 */
package io.ashlar.engine.job;
