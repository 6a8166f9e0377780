/**
 * Events and snapshots of persistent actors in journal files: what Akka calls a journal plugin and
 * a snapshot plugin, {@code ashlar.journal} and {@code ashlar.snapshot}. Which file an actor's
 * records go to is decided by its persistence id through an extension of its actor system.
 */
package io.ashlar.engine.journal.akka;
