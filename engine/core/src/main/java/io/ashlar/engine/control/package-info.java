/**
 * The graph actor, which runs structural changes one at a time, and the edits that the commands
 * stand for.
 */
package io.ashlar.engine.control;
